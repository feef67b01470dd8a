import * as React from 'react';

import type { FilterSuggestion } from '../../api/experiments';
import { trans } from '../../words';

/** What may stand at the cursor of the filter. */
export function Suggestions(props: { id: string; items: readonly FilterSuggestion[]; chosen: number; onChoose: (index: number) => void }): React.JSX.Element {
  const list = React.useRef<HTMLUListElement>(null);
  React.useEffect(() => {
    list.current?.children[props.chosen]?.scrollIntoView?.({ block: 'nearest' });
  }, [props.chosen]);
  return (
    <ul ref={list} id={`${props.id}-list`} role="listbox" aria-label={trans.__('What may stand here')} className="jp-octavo-Suggestions">
      {props.items.map((item, index) => (
        <li
          key={`${item.kind} ${item.text}`}
          id={`${props.id}-${index}`}
          role="option"
          aria-selected={index === props.chosen}
          className={`jp-mod-${item.kind}`}
          onMouseDown={event => {
            event.preventDefault();
            props.onChoose(index);
          }}
        >
          <bdi>{item.label}</bdi>
          <span className="jp-octavo-Muted">{item.detail}</span>
        </li>
      ))}
    </ul>
  );
}
