import { Notification } from '@jupyterlab/apputils';
import * as React from 'react';

import type { FreshnessExpectation } from '../../api/materialization';
import { createMaterializationSchedule, planMaterialization, setExpectation, startMaterialization } from '../../api/materialization';
import { openForm } from '../../ui/form';
import { trans } from '../../words';
import { BackfillForm } from './components/BackfillForm';
import { ClockForm } from './components/ClockForm';
import { ExpectationForm } from './components/ExpectationForm';
import type { IOctavo } from '../../tokens';
import type { ITarget } from './model';

/** Ask what to materialise, and say what it costs before it starts. */
export function askMaterialize(octavo: IOctavo, target: ITarget, backfill: boolean, newest?: string | null): void {
  const { project, kind, name } = target;
  openForm(backfill ? trans.__('Backfill %1', name) : trans.__('Materialise %1', name), close => (
    <BackfillForm
      backfill={backfill}
      newest={newest}
      plan={(span, signal) => planMaterialization(octavo.requests, project, { kind, name, ...span }, signal)}
      onStart={async span => {
        await startMaterialization(octavo.requests, project, { kind, name, ...span });
        close();
        octavo.session.touch();
      }}
      onCancel={close}
    />
  ));
}

/** Ask when to materialise again and again. */
export function askSchedule(octavo: IOctavo, target: ITarget): void {
  const { project, kind, name } = target;
  openForm(trans.__('Materialise %1 by the clock', name), close => (
    <ClockForm
      zones={Intl.supportedValuesOf('timeZone')}
      onSchedule={async timing => {
        const made = await createMaterializationSchedule(octavo.requests, project, { kind, name, ...timing });
        close();
        octavo.session.touch();
        Notification.success(trans.__('%1 is materialised at %2 %3', name, made.cron, made.time_zone), { autoClose: 5000 });
      }}
      onCancel={close}
    />
  ));
}

/** Ask how old a view's data may become. */
export function askExpectation(octavo: IOctavo, target: ITarget, now: FreshnessExpectation | null): void {
  openForm(trans.__('How fresh %1 must be', target.name), close => (
    <ExpectationForm
      now={now}
      onExpect={async wanted => {
        await setExpectation(octavo.requests, target.project, target.name, wanted);
        close();
        octavo.session.touch();
      }}
      onCancel={close}
    />
  ));
}
