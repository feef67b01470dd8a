import { Button as JupyterButton } from '@jupyter/react-components';
import type { LabIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

/** Props of a button. */
export interface IButtonProps {
  children?: React.ReactNode;
  /** Name for screen readers and tooltips where the text alone doesn't say it. */
  label?: string;
  icon?: LabIcon;
  kind?: 'primary' | 'plain' | 'danger' | 'quiet';
  /** Why it can't be used: its tooltip and description; it can still be reached, so that everybody gets to know. */
  refused?: string | undefined;
  busy?: boolean | undefined;
  disabled?: boolean | undefined;
  /** With it the button stays down: whether it is. */
  pressed?: boolean | undefined;
  onClick: () => void;
}

const APPEARANCE = { primary: 'accent', plain: 'neutral', danger: 'error', quiet: 'stealth' } as const;

/** JupyterLab's button with a busy state and a reason when it can't be used. */
export function Button(props: IButtonProps): React.JSX.Element {
  const off = Boolean(props.disabled || props.busy || props.refused);
  return (
    <JupyterButton
      appearance={APPEARANCE[props.kind ?? 'plain']}
      scale="medium"
      className="jp-octavo-Button"
      aria-label={props.label}
      aria-busy={props.busy || undefined}
      aria-pressed={props.pressed}
      title={props.refused || props.label}
      disabled={Boolean(props.disabled || props.busy)}
      aria-disabled={off || undefined}
      aria-description={props.refused}
      onClick={event => {
        event.stopPropagation();
        if (!off) {
          props.onClick();
        }
      }}
    >
      {props.icon && <props.icon.react tag="span" slot={props.children ? 'start' : undefined} className="jp-octavo-Button-icon" />}
      {props.children}
    </JupyterButton>
  );
}
