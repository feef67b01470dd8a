import { Dialog, ReactWidget } from '@jupyterlab/apputils';
import { closeIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { OctavoError } from '../request';
import { trans } from '../words';
import { useAction } from './action';
import { Button } from './Button';
import { TextArea } from './Fields';
import { Failure } from './states';

/** JupyterLab's dialog, but Enter belongs to the form and focus stays inside it. */
class FormDialog extends Dialog<null> {
  override handleEvent(event: Event): void {
    if (event instanceof KeyboardEvent && event.type === 'keydown' && event.key !== 'Escape') {
      return;
    }
    if (event.type === 'focus') {
      if (event.target instanceof Node && !this.node.contains(event.target)) {
        event.stopPropagation();
        this.node.querySelector<HTMLElement>('.jp-octavo-Form input, .jp-octavo-Form textarea, .jp-octavo-Form select')?.focus();
      }
      return;
    }
    super.handleEvent(event);
  }
}

/** JupyterLab names its own cross Cancel, like the form's button. */
function Head(props: { title: string; onClose: () => void }): React.JSX.Element {
  return (
    <>
      {props.title}
      <span className="jp-octavo-FormDialog-close">
        <Button kind="quiet" icon={closeIcon} label={trans.__('Close')} onClick={props.onClose} />
      </span>
    </>
  );
}

/** Open a dialog with a form; `draw` gets what closes it. */
export function openForm(title: string, draw: (close: () => void) => React.ReactElement): void {
  const body = ReactWidget.create(draw(() => dialog.reject()));
  const head = <Head title={title} onClose={() => dialog.reject()} />;
  const dialog = new FormDialog({ title: head, body, buttons: [Dialog.cancelButton()] });
  dialog.addClass('jp-octavo-FormDialog');
  void dialog.launch();
}

/** Props of a form. */
export interface IFormProps {
  children: React.ReactNode;
  submit: string;
  busy: boolean;
  error: OctavoError | null;
  /** Why it can't be sent yet. */
  blocked?: string | undefined;
  /** What sending it will do, to what, for how much. */
  note?: React.ReactNode;
  danger?: boolean;
  onSubmit: () => void;
  onCancel?: () => void;
}

/** Fields, what went wrong, what will happen, and the button that does it. */
export function Form(props: IFormProps): React.JSX.Element {
  const node = React.useRef<HTMLDivElement>(null);
  React.useEffect(() => node.current?.querySelector<HTMLElement>('input, textarea, select')?.focus(), []);
  const failure = React.useRef<HTMLDivElement>(null);
  React.useEffect(() => {
    // A button that is busy can't hold the focus: it would be lost, and with it Escape and Tab.
    if (props.error && !node.current?.querySelector('input:focus, textarea:focus, select:focus')) {
      failure.current?.focus();
    }
  }, [props.error]);
  const submit = (): void => {
    if (!props.blocked && !props.busy) {
      props.onSubmit();
    }
  };
  return (
    <div
      ref={node}
      className="jp-octavo-Form"
      role="form"
      aria-label={props.submit}
      onKeyDown={event => {
        if (event.key === 'Enter' && event.target instanceof HTMLInputElement && event.target.type !== 'checkbox') {
          submit();
        }
      }}
    >
      {props.children}
      {props.error && (
        <div ref={failure} tabIndex={-1}>
          <Failure error={props.error} />
        </div>
      )}
      <div className="jp-octavo-Form-end">
        <span className="jp-octavo-Muted">{props.blocked ?? props.note}</span>
        {props.onCancel && <Button onClick={props.onCancel}>{trans.__('Cancel')}</Button>}
        <Button kind={props.danger ? 'danger' : 'primary'} busy={props.busy} refused={props.blocked} onClick={submit}>
          {props.submit}
        </Button>
      </div>
    </div>
  );
}

/** What asks for a sentence before it does something. */
export interface IReasonedStep {
  title: string;
  /** What it will do, to what. */
  body: React.ReactNode;
  submit: string;
  label: string;
  /** Least length of the sentence. */
  least: number;
  danger?: boolean;
  step: (reason: string) => Promise<unknown>;
}

/** Ask for the reason, do the step, and stay open with the error if it fails. */
export function askReason(asked: IReasonedStep): void {
  openForm(asked.title, close => <ReasonForm {...asked} onDone={close} />);
}

/** The form of a reasoned step. */
export function ReasonForm(props: IReasonedStep & { onDone: () => void }): React.JSX.Element {
  const [reason, setReason] = React.useState('');
  const action = useAction(async () => {
    await props.step(reason.trim());
    props.onDone();
  });
  const missing = props.least - reason.trim().length;
  return (
    <Form
      submit={props.submit}
      busy={action.busy}
      error={action.error}
      danger={props.danger ?? false}
      blocked={missing > 0 ? trans.__('Say why in a sentence of at least %1 characters.', props.least) : undefined}
      onSubmit={action.run}
      onCancel={props.onDone}
    >
      <div className="jp-octavo-Form-body">{props.body}</div>
      <TextArea label={props.label} value={reason} maxLength={1000} onChange={setReason} help={trans.__('Kept in the audit trail.')} />
    </Form>
  );
}
