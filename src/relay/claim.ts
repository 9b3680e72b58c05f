import { prepared } from '../database/prepared.js';
import { BREAKS_AFTER } from './breaker.js';

/** A delivery that this process has taken, until its claim ends. */
export interface Claimed {
  readonly id: string;
  readonly partnerId: string;
  readonly endpointId: string;
  readonly subjectId: string;
  readonly url: string;
  readonly contentType: string;
  readonly bodySealed: string;
  readonly attempts: number;
  readonly attemptsBefore: number;
  /** The one that goes first after the breaker has held the endpoint back. */
  readonly probing: boolean;
}

/** Endpoints of one partner that a claim looks at: some 30 microseconds each, which all other partners wait for. */
export const ENDPOINTS_A_CLAIM = 256;

/** The first row is there also when nothing is claimed: then its delivery is null. */
export type ClaimRow = (Claimed | { readonly [Column in keyof Claimed]: null }) & {
  /** Partners with more endpoints than were looked at, and the last one that was. */
  readonly cut: Readonly<Record<string, string>> | null;
};

/**
 * Walks from partner to partner, and of each from endpoint to endpoint, along the index (a loose index scan), so that a
 * heap of deliveries that may not go, however large, is stepped over at the cost of one look. A partner without room is not
 * walked through, and one with many endpoints in pieces, from $10 on, so that it costs the others no more than a piece.
 */
export const CLAIM = prepared(`
  with recursive partner as (
    (select partner_id from deliveries where status = 'pending' order by partner_id limit 1)
    union all
    select (select d.partner_id from deliveries d where d.status = 'pending' and d.partner_id > w.partner_id
            order by d.partner_id limit 1)
    from partner w where w.partner_id is not null
  ), walked as materialized (
    select w.partner_id, coalesce(p.n, 0) as of_partner, r.endpoint_id as behind
    from partner w
    left join unnest($4::uuid[], $5::integer[]) as p (id, n) on p.id = w.partner_id
    left join unnest($9::uuid[], $10::uuid[]) as r (partner_id, endpoint_id) on r.partner_id = w.partner_id
    where w.partner_id is not null and coalesce(p.n, 0) < $6
  ), waiting as (
    select w.partner_id, w.of_partner, 1 as nth,
      (select d.endpoint_id from deliveries d where d.status = 'pending' and d.partner_id = w.partner_id
         and d.endpoint_id > coalesce(w.behind, '00000000-0000-0000-0000-000000000000')
       order by d.endpoint_id limit 1) as endpoint_id
    from walked w
    union all
    select w.partner_id, w.of_partner, w.nth + 1,
      (select d.endpoint_id from deliveries d where d.status = 'pending' and d.partner_id = w.partner_id
         and d.endpoint_id > w.endpoint_id
       order by d.endpoint_id limit 1)
    from waiting w where w.endpoint_id is not null and w.nth < ${ENDPOINTS_A_CLAIM}
  ), open as materialized (
    select e.id, e.partner_id, e.failures >= ${BREAKS_AFTER} as probing, w.of_partner,
      least(case when e.failures >= ${BREAKS_AFTER} then 1 else $3 - coalesce(b.n, 0) end, $6 - w.of_partner, $7) as room
    from waiting w
    join relay_endpoints e on e.id = w.endpoint_id
    left join unnest($1::uuid[], $2::integer[]) as b (id, n) on b.id = e.id
    where e.disabled_at is null and (e.open_until is null or e.open_until <= now())
  ), due as (
    select d.id, d.next_attempt_at, o.id as endpoint_id, o.probing,
      o.of_partner + row_number() over (partition by o.partner_id order by d.next_attempt_at) as nth
    from open o cross join lateral (
      select c.id, c.next_attempt_at from deliveries c
      where c.partner_id = o.partner_id and c.endpoint_id = o.id and c.status = 'pending' and c.next_attempt_at <= now()
        and (c.claimed_until is null or c.claimed_until <= now())
        -- Of two that are due, the earlier one first. offset 0: by the subject's own index, whatever the statistics say.
        and not exists (
          select from (
            select e.endpoint_id, e.status, e.next_attempt_at from deliveries e
            where e.subject_id = c.subject_id and e.sequence < c.sequence offset 0
          ) e where e.endpoint_id = c.endpoint_id and e.status = 'pending' and e.next_attempt_at <= now())
      order by c.next_attempt_at limit greatest(o.room, 0)
      for no key update skip locked
    ) d
  ), chosen as (
    select id, endpoint_id, probing from due where nth <= $6 order by next_attempt_at limit $7
  ), probed as (
    update relay_endpoints set open_until = now() + $8 * interval '1 second'
    where id in (select endpoint_id from chosen where probing)
  ), claimed as (
    update deliveries d set claimed_until = now() + $8 * interval '1 second'
    where d.id = any(array(select id from chosen))
    returning d.id, d.partner_id as "partnerId", d.endpoint_id as "endpointId", d.subject_id as "subjectId", d.url,
      d.content_type as "contentType", d.body_sealed as "bodySealed", d.attempts,
      d.attempts_before as "attemptsBefore",
      d.endpoint_id = any(array(select endpoint_id from chosen where probing)) as probing
  )
  select claimed.*,
    (select json_object_agg(partner_id, endpoint_id) from waiting where nth = ${ENDPOINTS_A_CLAIM} and endpoint_id is not null)
      as cut
  from (select) always left join claimed on true`);
