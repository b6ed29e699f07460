import type { ActivityDependencies } from '../../activities/dependencies';
import {
  createPackageActivities,
  type PackageActivities,
} from '../../activities/package/package.activities';
import { insertCommandNote } from '../../db/repositories/command-note.repository';
import { listEvents } from '../../db/repositories/event.repository';
import { findHold } from '../../db/repositories/ledger.repository';
import { findLifecycle } from '../../db/repositories/lifecycle.repository';
import { packages } from '../../db/repositories/package.repository';
import type { NextAction } from '../../domain/next-action';
import { captureHold, placeHold, releaseHold } from '../../domain/ledger/hold';
import type { BoughtPackage, PackageActionKind } from '../../domain/package/package';
import type { PackageCommand } from '../../workflows/package.messages';
import { allowMissingOrders, BULK, givePackage, NEXUS } from '../support/give-package';
import { changeLedger } from '../support/ledger-accounts';
import {
  createBillingUnderTest,
  RECORDED_AT,
  subscriptionActivities,
  type BillingUnderTest,
} from './billing-under-test';
import { breakWrites, mendWrites, photograph } from './broken-writes';

jest.setTimeout(20_000);

const BOUGHT_AT = '2027-03-02T10:00:00.000Z';
/** When 1 April is over in Kolkata. */
const ENDS_AT = '2027-04-01T18:30:00.000Z';
const WARN_7_AT = '2027-03-25T18:30:00.000Z';
const WARN_1_AT = '2027-03-31T18:30:00.000Z';

describe('the activities of a package', () => {
  let billing: BillingUnderTest;
  let activities: PackageActivities;
  let made = 0;

  beforeAll(async () => {
    billing = await createBillingUnderTest();
    await allowMissingOrders(billing.owner);
    const dependencies = { database: billing.database, now: () => RECORDED_AT };
    // What these activities do not touch is not there: to use it would fail the test.
    activities = createPackageActivities(dependencies as unknown as ActivityDependencies);
  });
  afterAll(async () => {
    await billing?.close();
  });

  interface Target {
    readonly id: string;
    readonly accountId: string;
  }

  async function give(offer = BULK, accountId?: string): Promise<Target> {
    made += 1;
    const id = `pkg_${made}`;
    const target = { id, accountId: accountId ?? (await billing.makeAccount('0.00')) };
    await givePackage(billing.database, { ...target, offer, at: BOUGHT_AT });
    return target;
  }

  async function boughtOf({ id }: Target): Promise<BoughtPackage & { readonly revision: number }> {
    const found = await billing.read((trx) => packages.find(trx, id));
    if (found === null) throw new Error(`${id} has no row`);
    return { ...found.state, revision: found.revision };
  }

  async function nextOf({ id }: Target): Promise<NextAction | undefined> {
    return (await billing.read((trx) => findLifecycle(trx, `package/${id}`)))?.next;
  }

  function perform(target: Target, kind: PackageActionKind, at: string) {
    const operationKey = `package/${target.id}/${kind}/${at}/1`;
    const action = { kind, at, reason: 'as the row says' };
    return activities.performPackageAction({ ...target, action, operationKey });
  }

  async function warnTwice(target: Target): Promise<void> {
    await perform(target, 'warn_expiry', '2027-03-02T18:30:00.000Z');
    await perform(target, 'warn_expiry', WARN_7_AT);
    await perform(target, 'warn_expiry', WARN_1_AT);
  }

  /** Reserves messages for a broadcast, and pays for them when `isUsed`. */
  function hold(
    { accountId }: Target,
    { quantity, isUsed = false }: { readonly quantity: bigint; readonly isUsed?: boolean },
  ): Promise<string> {
    const holdId = `hold_${made}`;
    const moment = { at: BOUGHT_AT, month: '2027-03' };
    const change = { accountId, reference: holdId, at: BOUGHT_AT };
    return changeLedger(billing.database, change, (plan, ledger) => {
      const wanted = { holdId, asset: 'message', quantity, unitPrice: null, deadlineAt: ENDS_AT };
      const outcome = placeHold(plan, ledger, { ...wanted, ...moment });
      if (outcome.kind !== 'held') throw new Error(outcome.kind);
      const capture = { hold: outcome.hold, asset: 'message', amount: quantity, ...moment };
      if (isUsed) captureHold(plan, ledger, capture);
      return holdId;
    });
  }

  function release({ accountId }: Target, holdId: string, at: string): Promise<void> {
    return changeLedger(
      billing.database,
      { accountId, reference: holdId, at },
      async (plan, ledger, trx) => {
        const found = await findHold(trx, ledger, holdId);
        if (found === null) throw new Error(`${holdId} is not there`);
        releaseHold(plan, ledger, { hold: found, at, month: at.slice(0, 7) });
      },
    );
  }

  async function told({ accountId, id }: Target) {
    const query = { limit: 100, beforePosition: null, accountId, subjectId: id };
    const events = await billing.read((trx) => listEvents(trx, query));
    return events.reverse().map(({ type, reason, data }) => ({ type, reason, data }));
  }

  async function voidCommand(
    { accountId }: Target,
    words = 'sold by mistake',
  ): Promise<PackageCommand> {
    const note = { accountId, words, createdAt: BOUGHT_AT };
    const noteId = await billing.read((trx) => insertCommandNote(trx, note));
    return { kind: 'void', noteId, keyId: 'key_operator' };
  }

  function answer(target: Target, command: PackageCommand, now: string, key = '1') {
    const operationKey = `package/${target.id}/void/${key}`;
    return activities.answerPackageCommand({ ...target, command, now, operationKey });
  }

  describe('granting', () => {
    it('R0.09 writes units, row and event together, once for the same id', async () => {
      const target = await give();
      await givePackage(billing.database, { ...target, offer: BULK, at: BOUGHT_AT });
      expect(await billing.transfers(target.accountId)).toEqual([
        `grant issuance/message > package/${target.id} 10000`,
      ]);
      expect(await boughtOf(target)).toMatchObject({
        status: 'active',
        orderId: `ord_of_${target.id}`,
        purchasedAt: BOUGHT_AT,
        expiresAt: ENDS_AT,
        revision: 1,
      });
      expect(await told(target)).toEqual([
        {
          type: 'package.granted',
          reason: `Bulk 10k: 10000 messages until ${ENDS_AT}`,
          data: {
            kind: 'message_package',
            code: 'bulk-10k',
            status: 'active',
            order_id: `ord_of_${target.id}`,
            units: 10_000,
            expires_at: ENDS_AT,
          },
        },
      ]);
      expect(await nextOf(target)).toMatchObject({
        kind: 'warn_expiry',
        at: '2027-03-02T18:30:00.000Z',
      });
    });

    it('R0.09 writes all of it or nothing, whatever fails', async () => {
      const accountId = await billing.makeAccount('0.00');
      for (const table of ['transfers', 'packages', 'events']) {
        const before = await photograph(billing);
        await breakWrites(billing, table, 'insert');
        const target = { id: 'pkg_broken', accountId };
        await expect(
          givePackage(billing.database, { ...target, offer: BULK, at: BOUGHT_AT }),
        ).rejects.toThrow();
        await mendWrites(billing, table);
        expect(await photograph(billing)).toEqual(before);
      }
    });

    it('R2.06 a bundle ends with the period that the account’s plan is paid for', async () => {
      const accountId = await billing.makeAccount('999.00');
      const id = 'sub_of_bundle';
      await subscriptionActivities(billing.database).answerSubscriptionCommand({
        id,
        accountId,
        now: '2027-02-20T09:00:00.000Z',
        operationKey: `subscription/${id}/start/1`,
        command: { kind: 'start', planCode: 'growth', cycle: 'monthly' },
      });
      const target = await give(NEXUS, accountId);
      expect((await boughtOf(target)).expiresAt).toBe('2027-03-20T09:00:00.000Z');
      const package_ = await give(BULK, accountId);
      expect((await boughtOf(package_)).expiresAt).toBe(ENDS_AT);
    });

    it('R2.06 a bundle without a plan ends when the day a month later is over', async () => {
      const target = await give(NEXUS);
      expect((await boughtOf(target)).expiresAt).toBe('2027-04-02T18:30:00.000Z');
      expect(await billing.transfers(target.accountId)).toEqual([
        `grant issuance/call_second > package/${target.id} 18000`,
      ]);
    });
  });

  describe('time', () => {
    it('R0.15 warns, then ends on the instant: the rest is breakage and the event has the figure', async () => {
      const target = await give();
      await warnTwice(target);
      const step = await perform(target, 'expire', ENDS_AT);
      expect(step).toEqual({
        status: 'expired',
        revision: 5,
        next: { kind: 'end', reason: 'the package is expired' },
        attributes: { ExpiresAt: ENDS_AT },
      });
      expect((await billing.transfers(target.accountId)).slice(1)).toEqual([
        `expiry package/${target.id} > breakage/message 10000`,
      ]);
      const [, , , , expired] = await told(target);
      expect(expired).toMatchObject({
        type: 'package.expired',
        reason: 'Bulk 10k has ended; 10000 messages forfeited',
        data: {
          status: 'expired',
          asset: 'message',
          quantity_forfeited: 10_000,
          quantity_held: 0,
        },
      });
      expect(await boughtOf(target)).toMatchObject({ status: 'expired', endedAt: ENDS_AT });
    });

    it('R0.15 a worker that died after the commit finds it done', async () => {
      const target = await give();
      await warnTwice(target);
      const first = await perform(target, 'expire', ENDS_AT);
      const before = await photograph(billing);
      expect(await perform(target, 'expire', ENDS_AT)).toEqual(first);
      expect(await photograph(billing)).toEqual(before);
    });

    it('R0.15 two workers that do the same thing at once do it once', async () => {
      const target = await give();
      await Promise.all([
        perform(target, 'warn_expiry', '2027-03-02T18:30:00.000Z'),
        perform(target, 'warn_expiry', '2027-03-02T18:30:00.000Z'),
      ]);
      expect((await told(target)).map(({ type }) => type)).toEqual([
        'package.granted',
        'package.expiry_near',
      ]);
      expect((await boughtOf(target)).revision).toBe(2);
    });

    it('R0.15 writes all of its end or nothing, whatever fails', async () => {
      const target = await give();
      await warnTwice(target);
      for (const [table, verb] of [
        ['transfers', 'insert'],
        ['packages', 'update'],
        ['events', 'insert'],
      ] as const) {
        const before = await photograph(billing);
        await breakWrites(billing, table, verb);
        await expect(perform(target, 'expire', ENDS_AT)).rejects.toThrow();
        await mendWrites(billing, table);
        expect(await photograph(billing)).toEqual(before);
      }
    });

    it('R0.15 warns of nothing when nothing is left, but goes on to the end', async () => {
      const target = await give({ ...BULK, units: 80 });
      await hold(target, { quantity: 80n, isUsed: true });
      await warnTwice(target);
      await perform(target, 'expire', ENDS_AT);
      expect((await told(target)).map(({ type, reason }) => `${type}: ${reason}`)).toEqual([
        `package.granted: Bulk 10k: 80 messages until ${ENDS_AT}`,
        'package.expired: Bulk 10k has ended; 0 messages forfeited',
      ]);
    });

    it('R0.15 what a broadcast holds at the end pays for it, and is forfeited when it is released', async () => {
      const target = await give({ ...BULK, units: 100 });
      const holdId = await hold(target, { quantity: 80n });
      await warnTwice(target);
      await perform(target, 'expire', ENDS_AT);
      await release(target, holdId, '2027-04-02T10:00:00.000Z');
      expect((await billing.transfers(target.accountId)).slice(1)).toEqual([
        `expiry package/${target.id} > breakage/message 20`,
        `expiry package/${target.id} > breakage/message 80`,
      ]);
    });

    it('R0.15 ends also when a hold that was released after its end has closed the bucket before', async () => {
      const target = await give({ ...BULK, units: 100 });
      const holdId = await hold(target, { quantity: 100n });
      await warnTwice(target);
      await release(target, holdId, '2027-04-01T18:30:01.000Z');
      expect(await perform(target, 'expire', ENDS_AT)).toMatchObject({ status: 'expired' });
      expect((await billing.transfers(target.accountId)).slice(1)).toEqual([
        `expiry package/${target.id} > breakage/message 100`,
      ]);
      expect((await told(target)).at(-1)).toMatchObject({
        reason: 'Bulk 10k has ended; 100 messages forfeited',
        data: { quantity_forfeited: 100, quantity_held: 0 },
      });
    });

    it('a due action of a package without a row is a bug of ours', async () => {
      const accountId = await billing.makeAccount('0.00');
      await expect(perform({ id: 'pkg_none', accountId }, 'expire', ENDS_AT)).rejects.toMatchObject(
        {
          type: 'invariant_violated',
          nonRetryable: true,
        },
      );
    });
  });

  describe('voiding', () => {
    const NOW = '2027-03-10T08:00:00.000Z';

    it('R0.12 takes back what is left, and the event says who did it and why', async () => {
      const target = await give();
      const command = await voidCommand(target);
      expect(await answer(target, command, NOW)).toMatchObject({
        answer: { kind: 'done' },
        step: { status: 'voided', next: { kind: 'end', reason: 'the package is voided' } },
      });
      expect((await billing.transfers(target.accountId)).slice(1)).toEqual([
        `expiry package/${target.id} > breakage/message 10000`,
      ]);
      expect((await told(target)).at(-1)).toMatchObject({
        type: 'package.voided',
        reason: 'Bulk 10k was voided; 10000 messages forfeited',
        data: {
          operator_key_id: 'key_operator',
          operator_note: 'sold by mistake',
          quantity_forfeited: 10_000,
        },
      });
    });

    it('R0.12 asked twice under one key is answered twice and done once', async () => {
      const target = await give();
      const command = await voidCommand(target);
      const first = await answer(target, command, NOW);
      const before = await photograph(billing);
      expect(await answer(target, command, '2027-03-11T08:00:00.000Z')).toEqual(first);
      expect(await photograph(billing)).toEqual(before);
    });

    it('R0.12 is refused once it has ended, and the refusal is remembered', async () => {
      const target = await give();
      const command = await voidCommand(target);
      await answer(target, command, NOW);
      const refused = {
        kind: 'refused',
        code: 'invalid_state',
        message: 'The package is voided: nothing is left to void.',
        details: {},
      };
      expect((await answer(target, command, NOW, '2')).answer).toEqual(refused);
      expect((await answer(target, command, NOW, '2')).answer).toEqual(refused);
      expect(await billing.operations(target.accountId)).toEqual([
        `package/${target.id}/void/1`,
        `package/${target.id}/void/2`,
      ]);
    });

    it('R0.12 nothing is due any more after it', async () => {
      const target = await give();
      await answer(target, await voidCommand(target), NOW);
      const before = await photograph(billing);
      expect(await perform(target, 'warn_expiry', WARN_7_AT)).toMatchObject({ status: 'voided' });
      expect(await photograph(billing)).toEqual(before);
    });
  });
});
