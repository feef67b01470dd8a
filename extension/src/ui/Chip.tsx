import { checkIcon, circleEmptyIcon, circleIcon, closeIcon, errorIcon, historyIcon, runningIcon } from '@jupyterlab/ui-components';
import type { LabIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { trans } from '../words';
import { shortDigest } from './format';

/** What a chip says beyond its words; each tone has an icon of its own, so that no colour carries it alone. */
export type Tone = 'good' | 'warn' | 'bad' | 'live' | 'idle' | 'plain';

const ICONS: Record<Tone, LabIcon | null> = {
  good: checkIcon,
  warn: historyIcon,
  bad: errorIcon,
  live: runningIcon,
  idle: circleEmptyIcon,
  plain: null
};

/** Props of a chip. */
export interface IChipProps {
  children: React.ReactNode;
  tone?: Tone;
  title?: string | undefined;
  onClick?: (() => void) | undefined;
}

/** A small piece of proof or state; with `onClick` it opens the evidence. */
export function Chip(props: IChipProps): React.JSX.Element {
  const tone = props.tone ?? 'plain';
  const Icon = ICONS[tone];
  const className = `jp-octavo-Chip jp-mod-${tone}`;
  const inside = (
    <>
      {Icon && <Icon.react tag="span" className="jp-octavo-Chip-icon" />}
      <span>{props.children}</span>
    </>
  );
  return props.onClick ? (
    <button type="button" className={className} title={props.title} onClick={props.onClick}>
      {inside}
    </button>
  ) : (
    <span className={className} title={props.title}>
      {inside}
    </span>
  );
}

/** A digest, shortened; a click copies the whole of it unless something better is given. */
export function Digest(props: { value: string; what: string; onClick?: () => void }): React.JSX.Element {
  const [copied, setCopied] = React.useState(false);
  const copy = (): void => {
    void navigator.clipboard.writeText(props.value).then(() => setCopied(true));
  };
  return (
    <button
      type="button"
      className="jp-octavo-Chip jp-octavo-Digest"
      title={`${props.what}\n${props.value}`}
      aria-label={trans.__('%1 %2', props.what, shortDigest(props.value))}
      onClick={props.onClick ?? copy}
      onBlur={() => setCopied(false)}
    >
      <span>{copied ? trans.__('copied') : shortDigest(props.value)}</span>
    </button>
  );
}

const VERDICT_TONES: Record<string, Tone> = { identical: 'good', equivalent: 'good', different: 'bad', not_compared: 'idle' };

/** How outputs compare with what was approved. */
export function VerdictChip(props: { outcome: string | null | undefined; title?: string }): React.JSX.Element {
  if (!props.outcome) {
    return <Chip tone="idle">{trans.__('no verdict yet')}</Chip>;
  }
  return (
    <Chip tone={VERDICT_TONES[props.outcome] ?? 'plain'} title={props.title}>
      {props.outcome.replace('_', ' ')}
    </Chip>
  );
}

/** A dot with a word: where something stands. */
export function StateDot(props: { tone: Tone; label: string }): React.JSX.Element {
  const Icon = props.tone === 'good' || props.tone === 'live' ? circleIcon : props.tone === 'bad' ? closeIcon : circleEmptyIcon;
  return (
    <span className={`jp-octavo-Dot jp-mod-${props.tone}`} title={props.label}>
      <Icon.react tag="span" />
      <span className="jp-octavo-hidden">{props.label}</span>
    </span>
  );
}
