/** From the least to the most: an auditor reads, an operator configures and sees no secret, an owner may all. */
export const ROLES = ['auditor', 'operator', 'owner'] as const;

export type Role = (typeof ROLES)[number];

export const includesRole = (has: Role, wanted: Role): boolean => ROLES.indexOf(has) >= ROLES.indexOf(wanted);
