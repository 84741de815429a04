module github.com/flux2-provider/terraform-provider-flux2

go 1.26.0

require (
	github.com/HugoSmits86/nativewebp v1.2.1 // the painter writes WebP: an encoder in pure Go
	github.com/agext/levenshtein v1.2.3 // "did you mean" in errors about enumerations
	github.com/gen2brain/avif v0.4.4 // writes AVIF: libaom as WebAssembly, no cgo, the same bytes everywhere
	github.com/gen2brain/webp v0.5.5 // writes lossy WebP, in the same way
	github.com/google/renameio/v2 v2.0.2 // the emulator keeps requests and pictures: atomic writes
	github.com/gowebpki/jcs v1.0.2 // RFC 8785, which the derived seed hashes
	github.com/hashicorp/go-hclog v1.6.3 // benchmarks: keeps go-plugin quiet
	github.com/hashicorp/go-plugin v1.7.0 // benchmarks: starts the provider as engines do
	github.com/hashicorp/go-version v1.9.0 // tests: which examples an engine understands
	github.com/hashicorp/hcl/v2 v2.24.0 // tests: read examples and guides
	github.com/hashicorp/terraform-json v0.27.2 // tests: read plans and state
	github.com/hashicorp/terraform-plugin-framework v1.19.0 // the provider is built on it
	github.com/hashicorp/terraform-plugin-framework-timeouts v0.7.0 // timeouts blocks
	github.com/hashicorp/terraform-plugin-framework-timetypes v0.5.0 // times in RFC 3339, compared as times
	github.com/hashicorp/terraform-plugin-framework-validators v0.19.0 // checks of attributes
	github.com/hashicorp/terraform-plugin-go v0.31.0 // tests and tools: the protocol itself
	github.com/hashicorp/terraform-plugin-log v0.11.0 // logs that the engine understands
	github.com/hashicorp/terraform-plugin-testing v1.16.0 // acceptance tests
	github.com/tmaxmax/go-sse v0.12.0 // reads server-sent events
	github.com/zclconf/go-cty v1.18.1 // tests: values in examples
	go.uber.org/goleak v1.3.0 // tests: no goroutine is left behind
	go.yaml.in/yaml/v3 v3.0.5 // tests: read what guides have for pipelines
	golang.org/x/image v0.47.0 // reads WebP
	golang.org/x/sync v0.24.0 // the emulator paints each picture once; transforms wait for a processor
	golang.org/x/sys v0.49.0 // locks of the journal of submissions, on Unix and Windows
	google.golang.org/grpc v1.79.3 // benchmarks: asks for schemas
	google.golang.org/protobuf v1.36.11 // benchmarks: the same
)

require (
	github.com/ProtonMail/go-crypto v1.4.1 // indirect
	github.com/apparentlymart/go-textseg/v15 v15.0.0 // indirect
	github.com/cloudflare/circl v1.6.3 // indirect
	github.com/ebitengine/purego v0.8.3 // indirect
	github.com/fatih/color v1.18.0 // indirect
	github.com/golang/protobuf v1.5.4 // indirect
	github.com/google/go-cmp v0.7.0 // indirect
	github.com/hashicorp/errwrap v1.1.0 // indirect
	github.com/hashicorp/go-checkpoint v0.5.0 // indirect
	github.com/hashicorp/go-cleanhttp v0.5.2 // indirect
	github.com/hashicorp/go-cty v1.5.0 // indirect
	github.com/hashicorp/go-multierror v1.1.1 // indirect
	github.com/hashicorp/go-retryablehttp v0.7.8 // indirect
	github.com/hashicorp/go-uuid v1.0.3 // indirect
	github.com/hashicorp/hc-install v0.9.4 // indirect
	github.com/hashicorp/logutils v1.0.0 // indirect
	github.com/hashicorp/terraform-exec v0.25.1 // indirect
	github.com/hashicorp/terraform-plugin-sdk/v2 v2.40.0 // indirect
	github.com/hashicorp/terraform-registry-address v0.4.0 // indirect
	github.com/hashicorp/terraform-svchost v0.2.1 // indirect
	github.com/hashicorp/yamux v0.1.2 // indirect
	github.com/mattn/go-colorable v0.1.14 // indirect
	github.com/mattn/go-isatty v0.0.20 // indirect
	github.com/mitchellh/copystructure v1.2.0 // indirect
	github.com/mitchellh/go-testing-interface v1.14.1 // indirect
	github.com/mitchellh/go-wordwrap v1.0.1 // indirect
	github.com/mitchellh/mapstructure v1.5.0 // indirect
	github.com/mitchellh/reflectwalk v1.0.2 // indirect
	github.com/oklog/run v1.2.0 // indirect
	github.com/tetratelabs/wazero v1.9.0 // indirect
	github.com/vmihailenco/msgpack v4.0.4+incompatible // indirect
	github.com/vmihailenco/msgpack/v5 v5.4.1 // indirect
	github.com/vmihailenco/tagparser/v2 v2.0.0 // indirect
	golang.org/x/crypto v0.57.0 // indirect
	golang.org/x/mod v0.41.0 // indirect
	golang.org/x/net v0.59.0 // indirect
	golang.org/x/text v0.43.0 // indirect
	golang.org/x/tools v0.51.0 // indirect
	google.golang.org/appengine v1.6.8 // indirect
	google.golang.org/genproto/googleapis/rpc v0.0.0-20251202230838-ff82c1b0f217 // indirect
)
