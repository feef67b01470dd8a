import { LabIcon } from '@jupyterlab/ui-components';

import deployment from '../style/icons/deployment.svg';
import model from '../style/icons/model.svg';
import octavo from '../style/icons/octavo.svg';
import pipeline from '../style/icons/pipeline.svg';

/** Octavo's mark: a bound sheet, open at its first leaf. */
export const octavoIcon = new LabIcon({ name: 'octavo-lab:octavo', svgstr: octavo });

/** A registered model. */
export const modelIcon = new LabIcon({ name: 'octavo-lab:model', svgstr: model });

/** A pipeline of releases. */
export const pipelineIcon = new LabIcon({ name: 'octavo-lab:pipeline', svgstr: pipeline });

/** Something that answers requests. */
export const deploymentIcon = new LabIcon({ name: 'octavo-lab:deployment', svgstr: deployment });
