import type { IEditorServices } from '@jupyterlab/codeeditor';
import type { INotebookContent } from '@jupyterlab/nbformat';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { NotebookModel, StaticNotebook } from '@jupyterlab/notebook';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';

import { trans } from '../../words';

/** What JupyterLab draws notebooks with. */
export interface INotebookParts {
  rendermime: IRenderMimeRegistry;
  contentFactory: NotebookPanel.IContentFactory;
  editorServices: IEditorServices;
}

/**
 * JupyterLab's own notebook widget without a kernel, its cells read-only and its outputs untrusted.
 *
 * The cell at `marked` is brought into sight and marked; only cells in sight are drawn.
 */
export function versionNotebook(content: INotebookContent, marked: number | null, parts: INotebookParts): StaticNotebook {
  const model = new NotebookModel();
  model.fromJSON(content);
  model.readOnly = true;
  const notebook = new StaticNotebook({
    rendermime: parts.rendermime.clone(),
    contentFactory: parts.contentFactory,
    mimeTypeService: parts.editorServices.mimeTypeService,
    notebookConfig: { ...StaticNotebook.defaultNotebookConfig, windowingMode: 'full', scrollPastEnd: false }
  });
  notebook.model = model;
  notebook.disposed.connect(() => model.dispose());
  for (const cell of notebook.widgets) {
    cell.readOnly = true;
  }
  const made = marked === null ? undefined : notebook.widgets[marked];
  if (marked !== null && made) {
    made.addClass('jp-octavo-mod-made');
    made.node.setAttribute('aria-label', trans.__('Cell %1, which made the run', marked + 1));
    void notebook.scrollToItem(marked, 'center');
  }
  return notebook;
}
