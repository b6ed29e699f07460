// Loaded into the processes of a platform (NODE_OPTIONS), for `closeGate` in standstill.ts: after each commit of a
// transaction about an account's ledger the worker stands in front of an advisory lock, so that nobody else
// knows yet of what is committed. Plain JavaScript: it is there before anything that reads TypeScript.
const { Client } = require('pg');

const key = Number(process.env.TOLLGATE_TEST_GATE);
const gate = `select pg_advisory_lock_shared(${key}), pg_advisory_unlock_shared(${key})`;
const query = Reflect.get(Client.prototype, 'query');
const ofLedgers = new WeakSet();

Client.prototype.query = function stopAfterCommit(asked, ...rest) {
  const text = asked?.text ?? '';
  const answered = rest.at(-1);
  const isOurs = this.connectionParameters.application_name === 'tollgate-worker';
  if (text.includes('lock_ledgers')) ofLedgers.add(this);
  // A month's turn is no lifecycle's: the walk of a test clock would stand there before it moved one.
  if (/\bturned_to\b|usage_charges|documented_charges/.test(text)) ofLedgers.delete(this);
  if (!isOurs || !/^commit/i.test(text) || !ofLedgers.delete(this)) {
    return query.call(this, asked, ...rest);
  }
  return query.call(this, asked, (failure, result) => {
    if (failure) return answered(failure);
    return query.call(this, gate, (lost) => (lost ? answered(lost) : answered(null, result)));
  });
};
