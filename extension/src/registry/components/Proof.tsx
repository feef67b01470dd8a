import { downloadIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { ChainLink, VersionProof } from '../../api/proof';
import { Chip, Digest } from '../../ui/Chip';
import type { Tone } from '../../ui/Chip';
import { Code } from '../../ui/Code';
import { Card, Facts, Split } from '../../ui/Page';
import { Time } from '../../ui/Time';
import { trans } from '../../words';

const LINK_TONES: Record<ChainLink['state'], Tone> = { complete: 'good', missing: 'idle', broken: 'bad' };

/** Where the browser fetches what proves a version. */
export interface IProofFiles {
  readonly bundle: string;
  readonly environment: string;
  readonly model: string;
}

/** What proves a version: each check of now, the chain from data on, what to take along and how to check it elsewhere. */
export function Proof(props: { proof: VersionProof; files: IProofFiles; onNode: (node: string) => (() => void) | null }): React.JSX.Element {
  const { proof } = props;
  return (
    <Split
      main={
        <>
          <Chain proof={proof} onNode={props.onNode} />
          <Checks proof={proof} />
          <Card title={trans.__('Signed statement')}>
            <details>
              <summary>{trans.__('What was signed, as in-toto writes it')}</summary>
              <Code label={trans.__('Statement')} code={JSON.stringify(proof.statement, null, 2)} />
            </details>
          </Card>
        </>
      }
      side={
        <>
          <Key proof={proof} />
          <Take {...props} />
        </>
      }
    />
  );
}

function Chain(props: { proof: VersionProof; onNode: (node: string) => (() => void) | null }): React.JSX.Element {
  const { chain, complete } = props.proof;
  const words = { complete: trans.__('verified'), missing: trans.__('missing'), broken: trans.__('broken') };
  const whole = chain.filter(link => link.state === 'complete').length;
  return (
    <Card title={trans.__('Chain')} aside={<Chip tone={complete ? 'good' : 'warn'}>{complete ? trans.__('complete') : trans.__('%1 of %2 links', whole, chain.length)}</Chip>}>
      <ol className="jp-octavo-Chain" aria-label={trans.__('Chain')}>
        {chain.map(link => {
          const open = link.node === null ? null : props.onNode(link.node);
          return (
            <li key={link.key} className={`jp-mod-${link.state}`}>
              <Chip tone={LINK_TONES[link.state]}>{words[link.state]}</Chip>
              <div>
                {open ? (
                  <button type="button" className="jp-octavo-Link" onClick={open}>
                    {link.label}
                  </button>
                ) : (
                  <span>{link.label}</span>
                )}
                <p className="jp-octavo-Muted">{link.detail}</p>
              </div>
            </li>
          );
        })}
      </ol>
    </Card>
  );
}

function Checks(props: { proof: VersionProof }): React.JSX.Element {
  const { checks, checked_at } = props.proof;
  return (
    <Card title={trans.__('Checked')} aside={<Time at={checked_at} />}>
      <ul className="jp-octavo-Chain" aria-label={trans.__('Checks')}>
        {checks.map(check => (
          <li key={check.key}>
            <Chip tone={check.ok ? 'good' : 'bad'}>{check.ok ? trans.__('holds') : trans.__('does not hold')}</Chip>
            <div>
              <span>{check.label}</span>
              <p className="jp-octavo-Muted">{check.detail}</p>
            </div>
          </li>
        ))}
      </ul>
      <p className="jp-octavo-Muted">{trans.__('Every stored byte is read and compared by Verify now, at the top of the page.')}</p>
    </Card>
  );
}

function Key(props: { proof: VersionProof }): React.JSX.Element {
  const { key, digest } = props.proof;
  return (
    <Card title={trans.__('Signature')}>
      {key ? (
        <Facts
          facts={[
            [trans.__('Key'), <Digest key="key" value={key.key_id} what={trans.__('Key that signed the version')} />],
            [trans.__('Kind'), key.algorithm],
            [
              trans.__('State'),
              key.revoked_at ? (
                <Chip tone="bad" title={key.revoked_reason ?? ''}>
                  {trans.__('revoked by %1', key.revoked_by ?? '')}
                </Chip>
              ) : (
                <Chip tone="good">{key.active ? trans.__('signs now') : trans.__('verifies')}</Chip>
              )
            ],
            [trans.__('Files'), <Digest key="files" value={digest} what={trans.__('Manifest of the files')} />]
          ]}
        />
      ) : (
        <p>
          <Chip tone="bad">{trans.__('foreign')}</Chip> {trans.__('None of the keys of this installation signed it.')}
        </p>
      )}
    </Card>
  );
}

/** What can be taken along and checked elsewhere, without this service. */
function Take(props: { proof: VersionProof; files: IProofFiles }): React.JSX.Element {
  const { proof, files } = props;
  const bundle = `${proof.name}-v${proof.version}.zip`;
  return (
    <Card title={trans.__('Take along')}>
      <p>
        <a className="jp-octavo-Link" href={files.bundle} download={bundle}>
          <downloadIcon.react tag="span" /> {trans.__('Bundle: files, statement, signatures')}
        </a>
      </p>
      {proof.attestations.map(one => (
        <p key={one.kind}>
          <a className="jp-octavo-Link" href={one.kind === 'model' ? files.model : files.environment} download={`${proof.name}-v${proof.version}-${one.kind}.cdx.json`}>
            <downloadIcon.react tag="span" /> {one.kind === 'model' ? trans.__('Bill of the model') : trans.__('Bill of its environment')}
          </a>{' '}
          <span className="jp-octavo-Muted">{trans._n('%1 component, CycloneDX', '%1 components, CycloneDX', one.components, one.components)}</span>
        </p>
      ))}
      {proof.attestations.length === 0 && <p className="jp-octavo-Muted">{trans.__('Its bills of materials are made soon after it was registered.')}</p>}
      <p>{trans.__('Check it offline:')}</p>
      <Code label={trans.__('Command')} code={`octavo verify ${bundle} --key octavo.pub`} />
      {proof.key && (
        <details>
          <summary>{trans.__('Public key, as octavo.pub')}</summary>
          <Code label={trans.__('Public key')} code={proof.key.public_pem} />
        </details>
      )}
    </Card>
  );
}
