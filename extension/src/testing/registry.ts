import type { ChainLink, VersionComparison, VersionProof } from '../api/proof';
import type { ModelDetail, ModelVersion, ModelVersionDetail, Registration, RegistrationDraft } from '../api/registry';
import type { IModelVariable, ISeenModels } from '../registry/variables/seen';
import { AT, SHA } from './records';

export function modelVersion(changes: Partial<ModelVersion> = {}): ModelVersion {
  return {
    name: 'late',
    version: 1,
    uri: 'models:/flights.late/1',
    run_id: 'a'.repeat(32),
    model_id: 'm-1',
    digest: SHA,
    key_id: 'key',
    aliases: [],
    created_by: 'scientist',
    created_at: AT,
    metrics: { auc: 0.76 },
    scan: 'clean',
    prediction: 'passed',
    ...changes
  };
}

export function modelDetail(...versions: ModelVersion[]): ModelDetail {
  return {
    model: { name: 'late', registered_name: 'flights.late', latest: versions[0] ?? null, versions: versions.length, aliases: {}, updated_at: AT },
    versions
  };
}

export function versionDetail(changes: Partial<ModelVersionDetail> = {}): ModelVersionDetail {
  return {
    version: modelVersion(),
    card: '# late',
    files: [{ path: 'MLmodel', size: 100, sha256: SHA }],
    signature: { inputs: [{ name: 'distance', type: 'double', required: true }], outputs: [{ type: 'tensor', 'tensor-spec': { dtype: 'float64', shape: [-1] } }] },
    input_example: { columns: ['distance'], data: [[529]] },
    scan: { outcome: 'clean', scanned: 4, findings: [] },
    prediction: { outcome: 'passed', seconds: 1, detail: '1 row', isolated: true },
    checklist: [],
    feature_snapshot: SHA,
    envelope: {},
    owner: 'scientist',
    conversion: { outcome: 'converted', detail: 'Its answers match on 200 rows.' },
    derived: [{ kind: 'onnx', digest: SHA, size: 100, max_difference: 2.4e-7, rows: 200, speedup: 40 }],
    ...changes
  };
}

export function draft(changes: Partial<RegistrationDraft> = {}): RegistrationDraft {
  return {
    run_id: 'a'.repeat(32),
    run_name: 'gradient boosting',
    name: 'late',
    next_version: 3,
    models: [{ model_id: 'm-1', name: 'model', status: 'READY', created_at: AT }],
    model_id: 'm-1',
    checklist: [
      { key: 'signature', label: 'Signature', state: 'done', detail: '23 inputs', required_in: ['prod'] },
      { key: 'data', label: 'Training data', state: 'required', detail: 'Log an input.', required_in: ['test', 'prod'] }
    ],
    ready: true,
    card: '# late',
    metrics: { auc: 0.76 },
    champion: { auc: 0.75 },
    owner: 'scientist',
    signature: null,
    input_example: null,
    training_data: [{ name: 'flights', digest: '12ab', context: 'training' }],
    features: { snapshot: SHA, views: ['carrier_delay'], services: [] },
    notebook: { path: 'flights/train.ipynb', digest: SHA, cell: null },
    environment: null,
    usable_in: { dev: true, test: false, prod: false },
    ...changes
  };
}

export function registration(changes: Partial<Registration> = {}): Registration {
  return {
    id: 'g1',
    project: 'flights',
    name: 'late',
    run_id: 'a'.repeat(32),
    model_id: 'm-1',
    state: 'running',
    step: 'copy',
    label: 'Copying',
    done: 50,
    total: 200,
    message: '',
    remedy: '',
    version: null,
    requested_by: 'scientist',
    cancel_requested_by: null,
    created_at: AT,
    started_at: AT,
    step_at: AT,
    ended_at: null,
    ...changes
  };
}

export function chainLink(changes: Partial<ChainLink> = {}): ChainLink {
  return { key: 'data', label: 'Data', state: 'complete', detail: 'flights 12ab', node: null, ...changes };
}

export function proof(changes: Partial<VersionProof> = {}): VersionProof {
  return {
    name: 'late',
    version: 1,
    digest: SHA,
    ok: true,
    complete: true,
    checks: [{ key: 'signature', label: 'Signature', ok: true, detail: 'Ed25519, by key' }],
    chain: [chainLink(), chainLink({ key: 'run', label: 'Run', node: `run:flights/${'a'.repeat(32)}` })],
    statement: { _type: 'https://in-toto.io/Statement/v1' },
    envelope: {},
    key: { key_id: 'key', algorithm: 'ed25519', use: 'statements', public_pem: '-----BEGIN PUBLIC KEY-----', active: true, revoked_at: null, revoked_by: null, revoked_reason: null },
    attestations: [{ kind: 'environment', predicate_type: 'https://cyclonedx.org/bom', sha256: SHA, components: 212, made_at: AT }],
    checked_at: AT,
    ...changes
  };
}

export function comparison(changes: Partial<VersionComparison> = {}): VersionComparison {
  return {
    name: 'late',
    versions: [modelVersion({ aliases: ['champion'] }), modelVersion({ version: 2 })],
    sections: [
      { key: 'metrics', label: 'Metrics', rows: [{ name: 'auc', values: ['0.75', '0.76'], numbers: [0.75, 0.76], differs: true }], left_out: 0 },
      { key: 'parameters', label: 'Parameters', rows: [{ name: 'depth', values: ['3', '3'], numbers: null, differs: false }], left_out: 0 }
    ],
    card: [
      { change: 'same', text: '# late' },
      { change: 'added', text: 'For June.' }
    ],
    ...changes
  };
}

/** A variable that holds a model. */
export function variable(changes: Partial<IModelVariable> = {}): IModelVariable {
  return { name: 'model', library: 'sklearn', kind: 'Pipeline · LogisticRegression', fitted: true, training: false, parameters: null, width: 2, inputs: ['distance', 'hour'], frames: ['X'], ...changes };
}

/** What a kernel is seen to hold. */
export function seenModels(...models: IModelVariable[]): ISeenModels {
  return { libraries: ['sklearn'], models, frames: [{ name: 'X', library: 'pandas', rows: 1000, width: 3, columns: ['distance', 'hour', 'late'] }, { name: 'odd', library: 'pandas', rows: 3, width: 1, columns: ['late'] }], left_out: 0 };
}
