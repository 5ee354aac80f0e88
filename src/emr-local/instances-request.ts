/**
 * What a RunJobFlow request may say of its instances. Fields that are not named here are missing from the answers
 * too.
 */
import { z } from 'zod';
import { anything, configurations, flag, name, whole } from './members.ts';

export const role = z.enum(['MASTER', 'CORE', 'TASK']);
const market = z.enum(['ON_DEMAND', 'SPOT']);

const ebs = z.object({
  EbsOptimized: flag.optional(),
  EbsBlockDeviceConfigs: z
    .array(
      z.object({
        VolumeSpecification: z.object({
          VolumeType: z.string(),
          SizeInGB: z.number().int(),
          Iops: z.number().int().optional(),
          Throughput: whole.optional(),
        }),
        VolumesPerInstance: z.number().int().min(1).max(100).optional(),
      }),
    )
    .optional(),
});

const instanceGroup = z.object({
  Name: name.optional(),
  InstanceRole: role,
  InstanceType: name,
  InstanceCount: z.number().int(),
  Market: market.optional(),
  BidPrice: name.optional(),
  Configurations: configurations.optional(),
  EbsConfiguration: ebs.optional(),
  AutoScalingPolicy: anything,
  CustomAmiId: name.optional(),
});

const spotStrategy = z.enum([
  'capacity-optimized',
  'price-capacity-optimized',
  'lowest-price',
  'diversified',
  'capacity-optimized-prioritized',
]);
const onDemandStrategy = z.enum(['lowest-price', 'prioritized']);
const capacityReservation = z.object({
  UsageStrategy: z.enum(['use-capacity-reservations-first']).optional(),
  CapacityReservationPreference: z.enum(['open', 'none']).optional(),
  CapacityReservationResourceGroupArn: name.optional(),
});

const instanceFleet = z.object({
  Name: name.optional(),
  InstanceFleetType: role,
  TargetOnDemandCapacity: whole.optional(),
  TargetSpotCapacity: whole.optional(),
  InstanceTypeConfigs: z
    .array(
      z.object({
        InstanceType: name,
        WeightedCapacity: whole.optional(),
        BidPrice: name.optional(),
        BidPriceAsPercentageOfOnDemandPrice: z.number().min(0).optional(),
        EbsConfiguration: ebs.optional(),
        Configurations: configurations.optional(),
        CustomAmiId: name.optional(),
        Priority: z.number().min(0).optional(),
      }),
    )
    .optional(),
  LaunchSpecifications: z
    .object({
      SpotSpecification: z
        .object({
          TimeoutDurationMinutes: whole,
          TimeoutAction: z.enum(['SWITCH_TO_ON_DEMAND', 'TERMINATE_CLUSTER']),
          BlockDurationMinutes: whole.optional(),
          AllocationStrategy: spotStrategy.optional(),
        })
        .optional(),
      OnDemandSpecification: z
        .object({
          AllocationStrategy: onDemandStrategy,
          CapacityReservationOptions: capacityReservation.optional(),
        })
        .optional(),
    })
    .optional(),
  ResizeSpecifications: z
    .object({
      SpotResizeSpecification: z
        .object({ TimeoutDurationMinutes: whole.optional(), AllocationStrategy: spotStrategy.optional() })
        .optional(),
      OnDemandResizeSpecification: z
        .object({
          TimeoutDurationMinutes: whole.optional(),
          AllocationStrategy: onDemandStrategy.optional(),
          CapacityReservationOptions: capacityReservation.optional(),
        })
        .optional(),
    })
    .optional(),
  Context: name.optional(),
});

export const instances = z.object({
  MasterInstanceType: name.optional(),
  SlaveInstanceType: name.optional(),
  InstanceCount: z.number().int().optional(),
  InstanceGroups: z.array(instanceGroup).optional(),
  InstanceFleets: z.array(instanceFleet).optional(),
  KeepJobFlowAliveWhenNoSteps: flag.optional(),
  TerminationProtected: flag.optional(),
  UnhealthyNodeReplacement: flag.optional(),
  HadoopVersion: anything,
  Ec2KeyName: name.optional(),
  Ec2SubnetId: name.optional(),
  Ec2SubnetIds: z.array(name).optional(),
  Placement: z
    .object({ AvailabilityZone: name.optional(), AvailabilityZones: z.array(name).optional() })
    .optional(),
  EmrManagedMasterSecurityGroup: name.optional(),
  EmrManagedSlaveSecurityGroup: name.optional(),
  ServiceAccessSecurityGroup: name.optional(),
  AdditionalMasterSecurityGroups: z.array(name).optional(),
  AdditionalSlaveSecurityGroups: z.array(name).optional(),
});

export type InstancesRequest = z.infer<typeof instances>;
