import './no-drift.ts';
