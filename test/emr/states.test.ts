import { ClusterState, ClusterStateChangeReasonCode, StepState } from '@aws-sdk/client-emr';
import { describe, expect, it } from '@jest/globals';
import { CLUSTER_PHASES, REASON_KINDS, STEP_PHASES } from '../../src/run/states.ts';
import type { ClusterPhase, ReasonKind, StepPhase } from '../../src/run/states.ts';

/** If a later SDK adds a state, this does not compile until a run handles it. */
STEP_PHASES satisfies Record<StepState, StepPhase>;
CLUSTER_PHASES satisfies Record<ClusterState, ClusterPhase>;
REASON_KINDS satisfies Record<ClusterStateChangeReasonCode, ReasonKind>;

describe('what a run knows of EMR’s states', () => {
  it('covers every step state, cluster state and reason code of the SDK, and no others', () => {
    expect(Object.keys(STEP_PHASES).sort()).toEqual(Object.values(StepState).sort());
    expect(Object.keys(CLUSTER_PHASES).sort()).toEqual(Object.values(ClusterState).sort());
    expect(Object.keys(REASON_KINDS).sort()).toEqual(Object.values(ClusterStateChangeReasonCode).sort());
  });
});
