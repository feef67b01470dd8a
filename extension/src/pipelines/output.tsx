import type { IEditorServices } from '@jupyterlab/codeeditor';
import type { INotebookContent } from '@jupyterlab/nbformat';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { NotebookModel, StaticNotebook } from '@jupyterlab/notebook';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { notebookIcon } from '@jupyterlab/ui-components';
import type { IDisposable } from '@lumino/disposable';
import * as React from 'react';

import { readOutput, readPipelineRun } from '../api/pipelines';
import type { PipelineRun } from '../api/pipelines';
import { Resource } from '../resource';
import type { IOctavo, ViewArgs } from '../tokens';
import { Chip, Digest } from '../ui/Chip';
import { Check } from '../ui/Fields';
import { LuminoHost } from '../ui/LuminoHost';
import { Page } from '../ui/Page';
import { Await, useResource } from '../ui/states';
import { trans } from '../words';
import { titleOf } from './components/RunList';

/** What JupyterLab draws notebooks with. */
export interface INotebookParts {
  rendermime: IRenderMimeRegistry;
  contentFactory: NotebookPanel.IContentFactory;
  editorServices: IEditorServices;
}

/** The output notebook of a run: loaded once, never saved. */
export class OutputModel implements IDisposable {
  constructor(octavo: IOctavo, args: ViewArgs) {
    this.project = args['project'] ?? '';
    this.id = args['id'] ?? '';
    this.notebook = new Resource<INotebookContent>(signal => readOutput(octavo.requests, this.project, this.id, signal));
    this.run = new Resource<PipelineRun>(signal => readPipelineRun(octavo.requests, this.project, this.id, signal));
    void this.notebook.refresh();
    void this.run.refresh();
  }

  readonly project: string;
  readonly id: string;
  readonly notebook: Resource<INotebookContent>;
  readonly run: Resource<PipelineRun>;

  get isDisposed(): boolean {
    return this.notebook.isDisposed;
  }

  dispose(): void {
    this.notebook.dispose();
    this.run.dispose();
  }
}

/** Build JupyterLab's own notebook widget without a kernel, its cells read-only and its outputs untrusted. */
export function readOnlyNotebook(content: INotebookContent, parts: INotebookParts): StaticNotebook {
  const model = new NotebookModel();
  model.fromJSON(content);
  const notebook = new StaticNotebook({
    rendermime: parts.rendermime.clone(),
    contentFactory: parts.contentFactory,
    mimeTypeService: parts.editorServices.mimeTypeService,
    notebookConfig: { ...StaticNotebook.defaultNotebookConfig, windowingMode: 'none' }
  });
  notebook.model = model;
  notebook.disposed.connect(() => model.dispose());
  for (const cell of notebook.widgets) {
    cell.readOnly = true;
  }
  return notebook;
}

function NotebookHost(props: { content: INotebookContent; parts: INotebookParts; report?: boolean }): React.JSX.Element {
  const { content, parts, report = false } = props;
  const shown = React.useRef<StaticNotebook | null>(null);
  const create = React.useCallback(() => (shown.current = readOnlyNotebook(content, parts)), [content, parts]);
  React.useEffect(() => {
    if (shown.current && !shown.current.isDisposed) {
      withoutCode(shown.current, report);
    }
  }, [create, report]);
  return <LuminoHost className="jp-octavo-NotebookHost" label={trans.__('Output notebook')} create={create} />;
}

/** Hide the code of a notebook, so that only its words and results are read. */
function withoutCode(notebook: StaticNotebook, hidden: boolean): void {
  for (const cell of notebook.widgets) {
    cell.inputHidden = hidden && cell.model.type === 'code';
  }
}

/** The output notebook of a run inside another page; as a report its code is hidden. */
export function OutputPart(props: { octavo: IOctavo; project: string; id: string; parts: INotebookParts }): React.JSX.Element {
  const { octavo, project, id, parts } = props;
  const notebook = React.useMemo(() => new Resource<INotebookContent>(signal => readOutput(octavo.requests, project, id, signal)), [octavo, project, id]);
  const [report, setReport] = React.useState(false);
  React.useEffect(() => {
    void notebook.refresh();
    return () => notebook.dispose();
  }, [notebook]);
  return (
    <Await resource={notebook} lines={12}>
      {content => (
        <>
          <Check label={trans.__('Hide code')} checked={report} onChange={setReport} />
          <NotebookHost content={content} parts={parts} report={report} />
        </>
      )}
    </Await>
  );
}

/** The output notebook of a run in the main area. */
export function OutputPage(props: { model: OutputModel; parts: INotebookParts }): React.JSX.Element {
  const run = useResource(props.model.run).value;
  return (
    <Await resource={props.model.notebook} lines={12}>
      {content => (
        <Page
          icon={notebookIcon}
          title={run ? trans.__('Output of %1', titleOf(run)) : trans.__('Output')}
          chips={
            <>
              <Chip title={trans.__('It was written by the run and can not be changed.')}>{trans.__('read-only')}</Chip>
              {run?.output_digest && <Digest value={run.output_digest} what={trans.__('Output notebook')} />}
            </>
          }
        >
          <NotebookHost content={content} parts={props.parts} />
        </Page>
      )}
    </Await>
  );
}
