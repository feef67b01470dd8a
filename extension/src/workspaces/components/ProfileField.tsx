import * as React from 'react';

import type { ProfileCard } from '../../api/workspaces';
import { Choice } from '../../ui/Fields';
import { money } from '../../ui/format';
import { trans } from '../../words';

/** Props of the choice of a profile. */
export interface IProfileFieldProps {
  cards: readonly ProfileCard[];
  value: string;
  /** The profile that was used until now, by its id; it may be offered no more. */
  before?: string | undefined;
  /** What is said of a profile that was retired. */
  said?: string | undefined;
  onChange: (profile: string) => void;
}

/** The profile to begin with: the one used until now while it is offered, else the cheapest that may be used. */
export function firstProfile(cards: readonly ProfileCard[], before?: string): string {
  const open = cards.filter(card => card.available);
  return (open.find(card => card.profile.id === before) ?? open[0])?.profile.id ?? '';
}

/** Profiles by price; those that can't be used now are shown with their reason, those offered no more are named. */
export function ProfileField(props: IProfileFieldProps): React.JSX.Element {
  return (
    <Choice
      label={trans.__('Profile')}
      value={props.value}
      options={props.cards.map(card => ({ value: card.profile.id, label: labelOf(card), disabled: !card.available }))}
      help={helpOf(props)}
      onChange={props.onChange}
    />
  );
}

function labelOf(card: ProfileCard): string {
  const label = trans.__('%1 · %2 an hour', card.profile.title, money(card.profile.price_eur_per_hour));
  return card.available ? label : trans.__('%1 · not now', label);
}

function helpOf(props: IProfileFieldProps): string | undefined {
  const { cards, before } = props;
  if (before && !cards.some(card => card.profile.id === before)) {
    return props.said ?? trans.__('%1 was used until now and is no longer offered here.', before);
  }
  const shut = cards.find(card => !card.available && (card.profile.id === before || cards.length === 1));
  const reasons = shut?.reasons.join(' ');
  return shut && reasons ? trans.__('%1: %2', shut.profile.title, reasons) : cards.find(card => card.profile.id === props.value)?.notes.join(' ');
}
