// The article's snippet, word for word, stands between the rules; around it stands what the article leaves out.
// ----------------------------------------------------------------------------------------------------
import { CanaryEngine } from '@hazeljs/gateway';
const canary = new CanaryEngine({
  stable: { version: '1.0.0', weight: 90 },
  canary: { version: '2.0.0', weight: 10 },
  promotion: {
    strategy: 'error-rate',
    errorThreshold: 5, // Rollback if >5% errors
    evaluationWindow: '30s',
    autoPromote: true,
    autoRollback: true,
    steps: [10, 25, 50, 75, 100], // Progressive traffic shift
    stepInterval: '15s',
    minRequests: 10,
  },
});
canary.on('canary:promote', () => console.log('Canary promoted!'));
canary.on('canary:rollback', () => console.log('Canary rolled back!'));
canary.start();
// Manual controls
canary.pause(); // Freeze during incidents
canary.resume(); // Resume progression
canary.promote(); // Force promote
canary.rollback(); // Force rollback
// ----------------------------------------------------------------------------------------------------

export { canary }
