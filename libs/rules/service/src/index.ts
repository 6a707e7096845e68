export { OPERATIONS as RULES_OPERATIONS } from './http/operations.js';
export { rulesHttp } from './http/rules-http.js';
export type { RulesHttpOptions } from './http/rules-http.js';
export { loadRules } from './load-rules.js';
export { registerRulesMetrics } from './register-metrics.js';
export type { RulesCommitter } from './rules-committer.js';
export { rulesAnswers } from './sdk/rules-answers.js';
export type { RulesAnswers, RulesAnswersOptions } from './sdk/rules-answers.js';
