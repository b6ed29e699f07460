import ts from 'typescript';
import { listFilesUnder, readProjectFile, type ProjectFile } from './project-files';
import { parseSource, walkNodes } from './source-rules';

const BUNDLE_ENTRY = 'workflows/index.ts';

/** The workflows that run: what the bundle's entry exports by name. */
function readWorkflowNames(entry: ProjectFile): string[] {
  return [...walkNodes(parseSource(entry))]
    .filter(ts.isExportSpecifier)
    .map(({ name }) => name.text);
}

/** The workflow type a recorded history was made by: its first event says it. */
function readWorkflowType(history: ProjectFile): string | null {
  return /"workflowType":\s*\{\s*"name":\s*"([^"]+)"/.exec(history.text)?.[1] ?? null;
}

describe('every workflow can be replayed', () => {
  it('reads the names of workflows and the type of a history', () => {
    const entry = {
      name: BUNDLE_ENTRY,
      text: `export { orderLifecycle } from './order.workflow';`,
    };
    const history = {
      name: 'a.json',
      text: '{"events":[{"x":{"workflowType": {"name": "orderLifecycle"}}}]}',
    };
    expect(readWorkflowNames(entry)).toEqual(['orderLifecycle']);
    expect(readWorkflowType(history)).toBe('orderLifecycle');
  });

  it('has a recorded history of each workflow in the bundle', () => {
    const isBuilt = listFilesUnder('workflows').includes(BUNDLE_ENTRY);
    const workflows = isBuilt ? readWorkflowNames(readProjectFile(BUNDLE_ENTRY)) : [];
    const recorded = listFilesUnder('test/histories')
      .filter((name) => name.endsWith('.json'))
      .map((name) => readWorkflowType(readProjectFile(name)));
    const unrecorded = workflows.filter((workflow) => !recorded.includes(workflow));
    expect(unrecorded).toEqual([]);
  });
});
