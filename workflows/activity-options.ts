import type { ActivityOptions, LocalActivityOptions } from '@temporalio/workflow'

/** Steps that only touch Postgres. Quick or not at all: in an outage the same step goes on as a patient one. */
export const quick: LocalActivityOptions = {
  startToCloseTimeout: '10 seconds',
  // Well within the workflow task's time, so that an outage adds no heartbeats to the history.
  scheduleToCloseTimeout: '4 seconds',
  retry: { initialInterval: '200 milliseconds', maximumAttempts: 2 },
}

/** The same steps while Postgres is away. A day covers a restore from backup; then a person is asked. */
export const patient: ActivityOptions = {
  startToCloseTimeout: '30 seconds',
  scheduleToCloseTimeout: '1 day',
  retry: { initialInterval: '1 second', maximumInterval: '30 seconds' },
}

/** Reading, converting and merging up to 350 MB; the heartbeat finds a dead worker within a minute. */
export const heavy: ActivityOptions = {
  startToCloseTimeout: '20 minutes',
  heartbeatTimeout: '1 minute',
  scheduleToCloseTimeout: '1 day',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
}

/** A mail server's outage holds the clock and heals by itself; a guess that none lasts over a week unnoticed. */
export const notifying: ActivityOptions = {
  startToCloseTimeout: '1 minute',
  scheduleToCloseTimeout: '7 days',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
}

/** The copy to the printer may be large. Attempts may overlap: the lease on the shipment's row keeps them apart. */
export const printing: ActivityOptions = {
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '30 seconds',
  scheduleToCloseTimeout: '3 days',
  retry: { initialInterval: '1 second', maximumInterval: '30 seconds' },
}
