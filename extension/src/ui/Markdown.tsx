import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import * as React from 'react';

import { LuminoHost } from './LuminoHost';

const MARKDOWN = 'text/markdown';

/** Props of a piece of Markdown. */
export interface IMarkdownProps {
  label: string;
  source: string;
  rendermime: IRenderMimeRegistry;
}

/** Markdown as JupyterLab's own renderer draws it, untrusted: no script of it runs. */
export function Markdown(props: IMarkdownProps): React.JSX.Element {
  const { source, rendermime } = props;
  const create = React.useCallback(() => {
    const renderer = rendermime.createRenderer(MARKDOWN);
    void renderer.renderModel(rendermime.createModel({ data: { [MARKDOWN]: source }, trusted: false }));
    return renderer;
  }, [source, rendermime]);
  return <LuminoHost className="jp-octavo-Markdown" label={props.label} create={create} />;
}
