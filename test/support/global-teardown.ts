import { closeTestRun } from './test-run';

export = () => closeTestRun();
