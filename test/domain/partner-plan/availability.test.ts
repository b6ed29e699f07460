import {
  findAssignmentBar,
  mayList,
  type AskingRole,
} from '../../../domain/partner-plan/availability';

type Row = readonly [
  status: 'enabled' | 'disabled',
  visibility: 'visible' | 'hidden',
  archive: 'sold' | 'archived',
  role: AskingRole,
  lists: 'lists' | 'not',
  bar: string,
];

const TABLE: readonly Row[] = [
  ['enabled', 'visible', 'sold', 'operator', 'lists', 'assigns'],
  ['enabled', 'visible', 'sold', 'partner', 'lists', 'assigns'],
  ['enabled', 'visible', 'sold', 'account', 'not', 'not_a_seller'],
  ['enabled', 'visible', 'archived', 'operator', 'lists', 'archived'],
  ['enabled', 'visible', 'archived', 'partner', 'not', 'archived'],
  ['enabled', 'visible', 'archived', 'account', 'not', 'not_a_seller'],
  ['enabled', 'hidden', 'sold', 'operator', 'lists', 'assigns'],
  ['enabled', 'hidden', 'sold', 'partner', 'not', 'hidden'],
  ['enabled', 'hidden', 'sold', 'account', 'not', 'not_a_seller'],
  ['enabled', 'hidden', 'archived', 'operator', 'lists', 'archived'],
  ['enabled', 'hidden', 'archived', 'partner', 'not', 'archived'],
  ['enabled', 'hidden', 'archived', 'account', 'not', 'not_a_seller'],
  ['disabled', 'visible', 'sold', 'operator', 'lists', 'disabled'],
  ['disabled', 'visible', 'sold', 'partner', 'not', 'disabled'],
  ['disabled', 'visible', 'sold', 'account', 'not', 'not_a_seller'],
  ['disabled', 'visible', 'archived', 'operator', 'lists', 'archived'],
  ['disabled', 'visible', 'archived', 'partner', 'not', 'archived'],
  ['disabled', 'visible', 'archived', 'account', 'not', 'not_a_seller'],
  ['disabled', 'hidden', 'sold', 'operator', 'lists', 'disabled'],
  ['disabled', 'hidden', 'sold', 'partner', 'not', 'disabled'],
  ['disabled', 'hidden', 'sold', 'account', 'not', 'not_a_seller'],
  ['disabled', 'hidden', 'archived', 'operator', 'lists', 'archived'],
  ['disabled', 'hidden', 'archived', 'partner', 'not', 'archived'],
  ['disabled', 'hidden', 'archived', 'account', 'not', 'not_a_seller'],
];

describe('a partner plan', () => {
  it.each(TABLE)('R4.04 R4.05 R4.07 R4.23 that is %s, %s, %s: the %s %s it; %s', (...row) => {
    const [status, visibility, archive, role, lists, bar] = row;
    const plan = {
      isEnabled: status === 'enabled',
      isVisible: visibility === 'visible',
      isArchived: archive === 'archived',
    };
    expect([
      mayList(plan, role) ? 'lists' : 'not',
      findAssignmentBar(plan, role) ?? 'assigns',
    ]).toEqual([lists, bar]);
  });

  it('R4.23 has a row above for each of the 24 cases', () => {
    expect(new Set(TABLE.map((row) => row.slice(0, 4).join(' '))).size).toBe(24);
  });
});
