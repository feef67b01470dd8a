import * as React from 'react';

import type { OctavoError } from '../request';
import { asOctavoError } from '../request';
import { Failure } from './states';

/** Keeps a fault of one view from emptying it: says what happened and lets it be drawn again. */
export class Boundary extends React.Component<{ children: React.ReactNode }, { error: OctavoError | null }> {
  override state: { error: OctavoError | null } = { error: null };

  static getDerivedStateFromError(error: unknown): { error: OctavoError } {
    return { error: asOctavoError(error) };
  }

  override render(): React.ReactNode {
    return this.state.error ? (
      <Failure error={this.state.error} onRetry={() => this.setState({ error: null })} />
    ) : (
      this.props.children
    );
  }
}
