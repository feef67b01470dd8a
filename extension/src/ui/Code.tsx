import { copyIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { trans } from '../words';
import { Button } from './Button';

/** Code or a command with a button that copies it. */
export function Code(props: { label: string; code: string; children?: React.ReactNode }): React.JSX.Element {
  const [copied, setCopied] = React.useState(false);
  return (
    <div className="jp-octavo-CodeBlock">
      <pre aria-label={props.label} tabIndex={0}>
        {props.code}
      </pre>
      <div className="jp-octavo-CodeBlock-actions">
        {props.children}
        <Button
          kind="quiet"
          icon={copyIcon}
          label={trans.__('Copy %1', props.label)}
          onClick={() => void navigator.clipboard.writeText(props.code).then(() => setCopied(true))}
        >
          {copied ? trans.__('Copied') : trans.__('Copy')}
        </Button>
      </div>
    </div>
  );
}
