import * as React from 'react';

import { trans } from '../words';

interface IBeyond {
  left: boolean;
  right: boolean;
  below: boolean;
}

const NOTHING: IBeyond = { left: false, right: false, below: false };

function beyond(pane: HTMLElement): IBeyond {
  return {
    left: pane.scrollLeft > 0,
    right: pane.scrollLeft + pane.clientWidth < pane.scrollWidth - 1,
    below: pane.scrollTop + pane.clientHeight < pane.scrollHeight - 1
  };
}

/** What may be wider or taller than its place: shadows say where more is, and the keyboard can get there. */
export function Scroll(props: { label: string; className?: string | undefined; children: React.ReactNode }): React.JSX.Element {
  const pane = React.useRef<HTMLDivElement>(null);
  const [more, setMore] = React.useState(NOTHING);
  React.useLayoutEffect(() => {
    const node = pane.current;
    if (!node) {
      return;
    }
    const look = (): void => {
      const seen = beyond(node);
      setMore(before => (before.left === seen.left && before.right === seen.right && before.below === seen.below ? before : seen));
    };
    look();
    const sizes = new ResizeObserver(look);
    sizes.observe(node);
    if (node.firstElementChild) {
      sizes.observe(node.firstElementChild);
    }
    node.addEventListener('scroll', look, { passive: true });
    return () => {
      sizes.disconnect();
      node.removeEventListener('scroll', look);
    };
  }, []);
  const edges = Object.entries(more).filter(([, is]) => is).map(([edge]) => ` jp-mod-${edge}`);
  const scrolls = edges.length > 0 || (pane.current?.scrollTop ?? 0) > 0;
  return (
    <div className={`jp-octavo-Scroll${edges.join('')}`}>
      <div ref={pane} className={`jp-octavo-Scroll-pane ${props.className ?? ''}`} {...(scrolls ? { role: 'region', 'aria-label': trans.__('Scrolls: %1', props.label), tabIndex: 0 } : {})}>
        {props.children}
      </div>
    </div>
  );
}
