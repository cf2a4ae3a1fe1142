import type { Clock, Random } from '@hazeljs/core'
import type { OutlierObserver } from '../health/outlier/ejection.js'
import type { ResolvedOutlierOptions } from '../health/outlier/options.js'
import { OutlierDetector } from '../health/outlier/outlier-detector.js'
import type { Subsets } from './subset.js'

/** One detector for all subsets of a service; they are refreshed whenever somebody is ejected or readmitted. */
export function viewOutliers(
  options: ResolvedOutlierOptions,
  clock: Clock,
  random: Random,
  subsets: () => Subsets,
  observer: Required<OutlierObserver>,
): OutlierDetector {
  const refresh = () => subsets().refresh()
  return new OutlierDetector(options, clock, random, refresh, {
    ejected: (ejection) => observer.ejected(ejection),
    readmitted: (readmission) => {
      // Because others left, and so within an update, of which the detector tells nobody else.
      if (readmission.reason === 'cap') queueMicrotask(refresh)
      observer.readmitted(readmission)
    },
  })
}
