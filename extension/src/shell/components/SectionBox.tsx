import { caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { ISection } from '../../tokens';
import { Boundary } from '../../ui/Boundary';
import { Button } from '../../ui/Button';

/** A section of the sidebar: its head folds it, its body is made only while it is open. */
export function SectionBox(props: { section: ISection; open: boolean; onToggle: () => void }): React.JSX.Element {
  const { section, open } = props;
  const id = React.useId();
  const Caret = open ? caretDownIcon : caretRightIcon;
  const Body = section.body;
  const Badge = section.badge;
  return (
    <section className="jp-octavo-Section" aria-labelledby={id}>
      <div className="jp-octavo-Section-head">
        <button type="button" id={id} aria-expanded={open} onClick={props.onToggle}>
          <Caret.react tag="span" />
          <span className="jp-octavo-Section-title">{section.title}</span>
          {Badge && (
            <span className="jp-octavo-Section-badge">
              <Badge />
            </span>
          )}
        </button>
        {section.actions && (
          <div className="jp-octavo-Section-actions">
            {section.actions.map(action => (
              <Button key={action.label} kind="quiet" icon={action.icon} label={action.label} refused={action.refused?.()} onClick={action.onClick} />
            ))}
          </div>
        )}
      </div>
      {open && (
        <div className="jp-octavo-Section-body">
          <Boundary>
            <Body />
          </Boundary>
        </div>
      )}
    </section>
  );
}
