import { prepareTestRun } from './test-run';

export = () => prepareTestRun(['postgres', 'temporal', 'bundle']);
