import { LabIcon } from '@jupyterlab/ui-components';

import octavo from '../style/icons/octavo.svg';

/** Octavo's mark: a sheet folded three times makes eight leaves. */
export const octavoIcon = new LabIcon({ name: 'octavo-lab:octavo', svgstr: octavo });
