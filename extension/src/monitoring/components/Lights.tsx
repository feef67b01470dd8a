import * as React from 'react';

import type { Light } from '../../api/monitoring';
import type { Tone } from '../../ui/Chip';
import { Chip } from '../../ui/Chip';
import { trans } from '../../words';

const TONES: Record<Light['level'], Tone> = { ok: 'good', warning: 'warn', critical: 'bad', unknown: 'idle' };

/** The state in sentences, the worst first. */
export function Lights(props: { lights: readonly Light[] }): React.JSX.Element {
  return (
    <ul className="jp-octavo-Lights" aria-label={trans.__('State')}>
      {props.lights.map(light => (
        <li key={`${light.topic} ${light.sentence}`} title={light.baseline}>
          <Chip tone={TONES[light.level]}>{light.topic}</Chip>
          <span>{light.sentence}</span>
        </li>
      ))}
    </ul>
  );
}
