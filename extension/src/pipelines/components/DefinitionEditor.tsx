import * as React from 'react';

import type { Plan } from '../../api/definitions';
import type { OctavoError } from '../../request';
import { asOctavoError } from '../../request';
import { useAction } from '../../ui/action';
import { Button } from '../../ui/Button';
import { Chip } from '../../ui/Chip';
import { TextArea } from '../../ui/Fields';
import { Failure } from '../../ui/states';
import { trans } from '../../words';
import { PlanTable } from './PlanTable';

/** A definition is looked at this long after the last key. */
const LOOK_AFTER_MS = 500;
const MOST_CHARACTERS = 200_000;

/** Props of the editor. */
export interface IDefinitionEditorProps {
  /** The text to begin with. */
  yaml: string;
  /** Finds out what a text would change; refuses what is no definition, in words. */
  plan: (yaml: string, signal: AbortSignal) => Promise<Plan>;
  /** Does what the plan says. */
  apply: (yaml: string, plan: Plan) => Promise<unknown>;
  /** Why it can't be applied by who looks. */
  refused?: string | undefined;
}

interface ILooked {
  readonly yaml: string;
  readonly plan?: Plan;
  readonly error?: OctavoError;
}

/** A `pipeline.yaml` that is checked while one types; says what applying it would change before it does. */
export function DefinitionEditor(props: IDefinitionEditorProps): React.JSX.Element {
  const [typed, setTyped] = React.useState<string | null>(null);
  const yaml = typed ?? props.yaml;
  const looked = usePlan(yaml, props.plan);
  const current = looked?.yaml === yaml ? looked : undefined;
  const plan = current?.plan;
  const apply = useAction(async () => {
    if (plan) {
      await props.apply(yaml, plan);
      setTyped(null);
    }
  });
  const nothing = plan && plan.changes.length === 0 ? trans.__('It is as the platform has it.') : undefined;
  return (
    <div className="jp-octavo-Definition">
      <TextArea label={trans.__('Definition (pipeline.yaml)')} mono rows={Math.min(30, Math.max(12, yaml.split('\n').length + 1))} maxLength={MOST_CHARACTERS} value={yaml} help={current ? undefined : trans.__('looking …')} onChange={setTyped} />
      <div aria-live="polite">
        {current?.error && <Failure error={current.error} compact />}
        {plan && <PlanTable plan={plan} />}
      </div>
      {apply.error && <Failure error={apply.error} />}
      <div className="jp-octavo-Definition-end">
        {typed !== null && typed !== props.yaml && (
          <>
            <Chip tone="warn">{trans.__('not applied')}</Chip>
            <Button onClick={() => setTyped(null)}>{trans.__('Discard changes')}</Button>
          </>
        )}
        <Button kind="primary" busy={apply.busy} refused={props.refused ?? nothing ?? (plan ? undefined : trans.__('It must be right before it can be applied.'))} onClick={() => apply.run()}>
          {plan?.new ? trans.__('Make the pipeline') : trans.__('Apply')}
        </Button>
      </div>
    </div>
  );
}

/** The plan of what was typed last; an answer that was overtaken is dropped. */
function usePlan(yaml: string, plan: IDefinitionEditorProps['plan']): ILooked | undefined {
  const [looked, setLooked] = React.useState<ILooked>();
  const ask = React.useRef(plan);
  ask.current = plan;
  React.useEffect(() => {
    const abort = new AbortController();
    const look = async (): Promise<void> => {
      const found = await ask.current(yaml, abort.signal).then(
        one => ({ yaml, plan: one }),
        error => ({ yaml, error: asOctavoError(error) })
      );
      if (!abort.signal.aborted) {
        setLooked(found);
      }
    };
    const timer = window.setTimeout(() => void look(), yaml.trim() ? LOOK_AFTER_MS : 0);
    return () => {
      window.clearTimeout(timer);
      abort.abort();
    };
  }, [yaml]);
  return looked;
}
