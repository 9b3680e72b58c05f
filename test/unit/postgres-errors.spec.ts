import { QueryFailedError } from 'typeorm';
import { isAway, isOwnFault, isReadOnly, mayWorkAgain, NotReplicated } from '../../src/database/postgres-errors.js';

const coded = (code: string, rest: object = {}) => Object.assign(new Error(`refused with ${code}`), { code, ...rest });

describe("PostgreSQL's, the driver's and Node's errors", () => {
  test.each([
    ['a standby, or a server made read-only', coded('25006')],
    ['a full disk', coded('53100')],
    ['no memory', coded('53200')],
    ['too many connections', coded('53300')],
    ['a limit of the configuration', coded('53400')],
    ['a shutdown', coded('57P01')],
    ['a crash', coded('57P02')],
    ['a start, a shutdown or a recovery', coded('57P03')],
    ['a database that is restored', coded('3D000')],
    ['a disk that fails', coded('58030')],
    ['a system that fails', coded('58000')],
    ['a lost connection', coded('08006')],
    ['a pooler that has no server, or no more connections', coded('08P01')],
    ['a server that lets nobody in', coded('28P01')],
    ['a port on which nobody listens', coded('ECONNREFUSED', { syscall: 'connect' })],
    ['a host that is gone', coded('EHOSTUNREACH', { syscall: 'connect' })],
    ['a way that is gone', coded('ETIMEDOUT', { syscall: 'read' })],
    ['a name that is not known', coded('ENOTFOUND', { syscall: 'getaddrinfo' })],
    ['a name that is not known for now', coded('EAI_AGAIN', { syscall: 'getaddrinfo' })],
    ['a unix socket that is not there', coded('ENOENT', { syscall: 'connect' })],
    ['no file descriptor left', coded('EMFILE', { syscall: 'connect' })],
    ['a balancer without a server', new Error('Connection terminated unexpectedly')],
    ['a connection that was dead already', new Error('Client has encountered a connection error and is not queryable')],
    ['a connection that never opened', new Error('Connection terminated due to connection timeout')],
    ['no connection in time', new Error('timeout exceeded when trying to connect')],
    ['silence', new Error('the database connection fell silent')],
    ['a commit that no standby has confirmed', new NotReplicated()],
  ])('%s: the database is away, and the same may work again', (_, error) => {
    for (const one of [error, new QueryFailedError('select 1', [], error)]) {
      expect([isAway(one), mayWorkAgain(one)]).toEqual([true, true]);
    }
  });

  test.each([
    ['a deadlock', coded('40P01')],
    ['a serialization failure', coded('40001')],
    ['a lock that is not had', coded('55P03')],
    ['a statement that was cancelled', coded('57014')],
    ['a transaction that stood still', coded('25P03')],
    ['a statement that is prepared elsewhere', coded('26000')],
    ['a row that another wrote at the moment', coded('23505', { constraint: 'receipts_payment_guid_key' })],
  ])('%s: the same may work again, and the database is there', (_, error) => {
    expect([isAway(error), mayWorkAgain(error)]).toEqual([false, true]);
  });

  test.each([
    ['a value that does not fit', coded('22001')],
    ['a constraint', coded('23514', { constraint: 'payments_status_check' })],
    ['a column that is not there', coded('42703')],
    ['a file that is not there', coded('ENOENT', { syscall: 'open' })],
    ['an error of our own', new Error('the connection of ideas')],
    ["a server's words in the driver's manner", Object.assign(new Error('connection terminated'), { code: 'P0001' })],
    ['nothing', undefined],
    ['a text', 'no error'],
  ])('%s: neither', (_, error) => {
    expect([isAway(error), mayWorkAgain(error)]).toEqual([false, false]);
  });

  test('nothing was done of what PostgreSQL refuses for its own sake; of the rest nobody says so', () => {
    for (const code of ['22001', '23505', '40P01', '53200', '55P03', '57014']) {
      expect([code, isOwnFault(coded(code))]).toEqual([code, true]);
    }
    for (const error of [coded('53100'), coded('53300'), coded('57P01'), coded('08006'), new NotReplicated()]) {
      expect(isOwnFault(error)).toBe(false);
    }
    expect(isReadOnly(new QueryFailedError('insert', [], coded('25006')))).toBe(true);
    expect([isReadOnly(coded('57P01')), isOwnFault(coded('25006'))]).toEqual([false, false]);
  });
});
