import * as React from 'react';

import type { ILayout, ILineageEdge } from '../../lineage/layout';
import { BOX, layout, related, towards } from '../../lineage/layout';
import type { Tone } from '../../ui/Chip';
import { StateDot } from '../../ui/Chip';
import { Scroll } from '../../ui/Scroll';
import { trans } from '../../words';
import type { IStepShape } from '../graph';
import { shape } from '../graph';

const ARROWS = new Set(['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown']);

/** How far such a line leaves sideways and down, in px. */
const BEND = 40;
const BOW = 52;

/** A step as it is drawn. */
export interface IDrawnStep extends IStepShape {
  readonly tone: Tone;
  /** Where it stands, in a word. */
  readonly state: string;
  /** A short line below its name: how many of its runs are done, which release. */
  readonly detail: string;
  /** Everything, for the pointer and for screen readers. */
  readonly title: string;
  readonly onOpen?: (() => void) | undefined;
}

/** Props of a drawn graph. */
export interface IStepGraphProps {
  label: string;
  steps: readonly IDrawnStep[];
}

/** Steps from left to right, each after all that it needs; arrow keys lead along the lines. */
export function StepGraph(props: IStepGraphProps): React.JSX.Element {
  const { steps } = props;
  const { nodes, edges } = React.useMemo(() => shape(steps), [steps]);
  const drawn = React.useMemo(() => layout({ root: '', nodes, edges, truncated: false }), [nodes, edges]);
  const [at, setAt] = React.useState<string | null>(null);
  const lit = at === null ? null : related(edges, at);
  const board = React.useRef<HTMLDivElement>(null);
  const move = (event: React.KeyboardEvent): void => {
    const from = (event.target as Element).closest('[data-node]')?.getAttribute('data-node');
    if (from && ARROWS.has(event.key)) {
      event.preventDefault();
      const to = towards(event.key, from, drawn, edges);
      [...(board.current?.querySelectorAll<HTMLElement>('[data-node]') ?? [])].find(one => one.dataset['node'] === to)?.focus();
    }
  };
  const first = drawn.columns[0]?.[0]?.id;
  const stop = at !== null && drawn.places.has(at) ? at : first;
  return (
    <Scroll label={props.label}>
      <div ref={board} className="jp-octavo-Lineage-board jp-octavo-Steps" role="list" aria-label={props.label} style={{ width: drawn.width, height: drawn.height }} onKeyDown={move} onMouseLeave={() => setAt(null)}>
        <Lines drawn={drawn} edges={edges} lit={lit} />
        {steps.map(step => (
          <Box key={step.name} step={step} place={drawn.places.get(step.name)} dim={lit !== null && !lit.has(step.name)} stop={step.name === stop} onAt={() => setAt(step.name)} />
        ))}
      </div>
    </Scroll>
  );
}

function Lines(props: { drawn: ILayout; edges: readonly ILineageEdge[]; lit: ReadonlySet<string> | null }): React.JSX.Element {
  const { drawn, lit } = props;
  return (
    <svg width={drawn.width} height={drawn.height} aria-hidden="true">
      {drawn.wires.map(({ edge, path }) => (
        <path key={`${edge.source} ${edge.target}`} d={around(edge, drawn) ?? path} className={lit === null ? undefined : lit.has(edge.source) && lit.has(edge.target) ? 'jp-mod-lit' : 'jp-mod-dim'} />
      ))}
    </svg>
  );
}

/** The path of a line that would else run behind the boxes between its ends: it goes below them. */
export function around(edge: ILineageEdge, drawn: ILayout): string | null {
  const [from, to] = [drawn.places.get(edge.source), drawn.places.get(edge.target)];
  const between = [...drawn.places.values()].some(place => from && to && place.x > from.x && place.x < to.x && Math.abs(place.y - from.y) < BOX.height && Math.abs(place.y - to.y) < BOX.height);
  if (!from || !to || !between) {
    return null;
  }
  const [x1, x2] = [from.x + BOX.width, to.x];
  const [y1, y2] = [from.y + BOX.height / 2, to.y + BOX.height / 2];
  return `M${x1},${y1} C${x1 + BEND},${y1 + BOW} ${x2 - BEND},${y2 + BOW} ${x2},${y2}`;
}

function Box(props: { step: IDrawnStep; place: { x: number; y: number } | undefined; dim: boolean; stop: boolean; onAt: () => void }): React.JSX.Element {
  const { step, place } = props;
  const needs = step.needs.length > 0 ? trans.__('after %1', step.needs.join(', ')) : '';
  const shared = {
    className: `jp-octavo-Lineage-node${step.onOpen ? ' jp-mod-opens' : ''}${props.dim ? ' jp-mod-dim' : ''}`,
    title: step.title,
    'aria-label': [`${step.name}: ${step.state}`, step.detail, needs].filter(Boolean).join(', '),
    'data-node': step.name,
    tabIndex: props.stop ? 0 : -1,
    onMouseEnter: props.onAt,
    onFocus: props.onAt
  };
  const inside = (
    <>
      <span className="jp-octavo-Lineage-label">
        <StateDot tone={step.tone} label={step.state} /> {step.name}
      </span>
      <span className="jp-octavo-Lineage-kind">{step.detail}</span>
    </>
  );
  return (
    <div role="listitem" className="jp-octavo-Lineage-place" style={{ left: place?.x, top: place?.y, width: BOX.width, height: BOX.height }}>
      {step.onOpen ? (
        <button type="button" {...shared} onClick={step.onOpen}>
          {inside}
        </button>
      ) : (
        <div role="group" {...shared}>
          {inside}
        </div>
      )}
    </div>
  );
}
