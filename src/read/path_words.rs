//! The words by which a path is known: endings, folders, programs. Each list is sorted.

use super::word_set::WordSet;

/// Files that are known without an ending or a folder.
pub(super) static NAMED: WordSet = WordSet::new(
    ".dockerignore .editorconfig .env .eslintrc .gitattributes .gitignore .gitkeep .helmignore \
    .nvmrc .prettierrc .python-version Caddyfile Containerfile Dockerfile Gemfile Jenkinsfile \
    LICENSE Makefile Procfile Tiltfile Vagrantfile justfile",
);

/// Endings that make a word without a folder a file.
pub(super) static ENDINGS: WordSet = WordSet::new(
    "adoc bat cfg cjs cmd conf cs css csv dart db dockerfile dockerignore feature gif go gotmpl gql \
    gradle graphql hcl html ico ini ipynb j2 java jpg js json jsonl jsx kt kts less lock log md mdx \
    mjs mod mp4 pdf php png prisma properties proto ps1 py pyi rb rego rs rst sass scss sh sql sum \
    svelte svg swift tf tfvars tmpl toml tpl ts tsx txt vue webp xml yaml yml",
);

/// Folders that begin a path even where nothing else says that it is one.
pub(super) static ROOTS: WordSet = WordSet::new(
    ".github .specify app backend charts deploy docs frontend helm infra k8s lib out plans scripts \
    specs src tests",
);

/// Words before a path that say that one follows.
pub(super) static PLACES: WordSet =
    WordSet::new("at below create dans directory file files folder from in inside into path to under within");

/// Programs whose words on the same line are arguments.
pub(super) static PROGRAMS: WordSet = WordSet::new(
    "alembic bash cd curl docker docker-compose git helm kubectl kubectl-ai minikube npm npx pip \
    pnpm poetry pytest sh uv uvicorn yarn",
);

/// Their commands, after which a path is an argument too.
pub(super) static COMMANDS: WordSet = WordSet::new(
    "add apply build ci compose config create delete dependency describe exec get image install lint \
    load logs package pull push rollout run show start status sync tag template test uninstall up \
    upgrade",
);

/// Kinds that make `unit/kind` in back-ticks a name of an object.
pub(super) static KINDS: WordSet = WordSet::new(
    "configmap cronjob deployment dockerfile horizontalpodautoscaler hpa ingress job namespace \
    networkpolicy pdb poddisruptionbudget resourcequota role secret service serviceaccount \
    statefulset",
);

/// Products that look like files.
pub(super) static PRODUCTS: WordSet = WordSet::new(
    "Alpine.js Angular.js Backbone.js Chart.js D3.js Ember.js Express.js Nest.js \
    Next.js Node.js Nuxt.js React.js Socket.js Svelte.js Three.js Vue.js",
);
