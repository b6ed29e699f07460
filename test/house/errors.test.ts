import { PROBLEMS } from '../../api/problem';
import { BILLING_ERROR_CODES } from '../../domain/billing-error';
import { readProjectFile } from './project-files';

const ROW = /^\|\s*`([a-z_]+)`\s*\|\s*(\d{3})\s*\|/gm;

describe('docs/errors.md', () => {
  it('has a line for every error code, with the status it answers with', () => {
    const told = [...readProjectFile('docs/errors.md').text.matchAll(ROW)].map(
      ([, code = '', status = '']) => `${code} ${status}`,
    );
    const answered = BILLING_ERROR_CODES.map((code) => `${code} ${PROBLEMS[code].status}`);
    expect(told.toSorted()).toEqual(answered.toSorted());
  });
});
