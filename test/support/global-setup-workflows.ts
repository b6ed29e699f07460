import { prepareTestRun } from './test-run';

export = () => prepareTestRun(['test-server', 'bundle']);
