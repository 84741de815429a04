// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
)

// Workspace is a folder in which a real engine runs the real provider as a
// process of its own, so that a test can interrupt or kill them as a person
// would. The test harness of the plugin library can't.
type Workspace struct {
	t           *testing.T
	folder      string
	program     string
	environment []string
}

// Workspace makes an empty folder for the engine, with the provider built and
// found through a development override. The variables, each NAME=value, are
// what the engine sees of the environment beside the bare necessities. The test
// is skipped where acceptance tests are.
func (e *Environment) Workspace(t *testing.T, variables ...string) *Workspace {
	t.Helper()
	return newWorkspace(t, theProvider, variables)
}

// HastyWorkspace is a workspace whose provider is the real one on a clock on
// which pauses take no time. With CrashVariable set, it panics at a pause.
func (e *Environment) HastyWorkspace(t *testing.T, variables ...string) *Workspace {
	t.Helper()
	return newWorkspace(t, theHasty, variables)
}

// CrashVariable has the provider of a HastyWorkspace panic with CrashMessage.
const (
	CrashVariable = "FLUX2_TEST_CRASH"
	CrashMessage  = "the clock has stopped"
)

// FloorWorkspace is a workspace whose provider has the same schemas and does
// nothing: the floor that benchmarks measure against.
func FloorWorkspace(t *testing.T) *Workspace {
	t.Helper()
	return newWorkspace(t, theFloor, nil)
}

func newWorkspace(t *testing.T, program string, variables []string) *Workspace {
	t.Helper()

	if os.Getenv(resource.EnvTfAcc) == "" {
		t.Skipf("acceptance tests run only with %s set", resource.EnvTfAcc)
	}
	folder, built := t.TempDir(), build(t, program)
	overrides := fmt.Sprintf("provider_installation {\n  dev_overrides {\n    \"flux2-provider/flux2\" = %q\n  }\n  direct {}\n}\n", built)
	engineConfig := filepath.Join(folder, "engine.rc")
	if err := os.WriteFile(engineConfig, []byte(overrides), 0o600); err != nil {
		t.Fatal(err)
	}
	return &Workspace{
		t:           t,
		folder:      folder,
		program:     filepath.Join(built, "terraform-provider-flux2"),
		environment: append(bareEnvironment(folder, engineConfig), variables...),
	}
}

// bareEnvironment is what an engine sees of the environment at least.
func bareEnvironment(folder, engineConfig string) []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + folder, "TF_CLI_CONFIG_FILE=" + engineConfig,
		"CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1", "TF_INPUT=0",
	}
}

// workshop builds programs once for all tests of a package.
var workshop struct {
	mutex  sync.Mutex
	folder string
	built  map[string]error
}

// build returns the folder in which a package of this module, named relative to
// its root, is built as the provider's program.
func build(t *testing.T, source string) string {
	t.Helper()

	workshop.mutex.Lock()
	defer workshop.mutex.Unlock()
	if workshop.folder == "" {
		folder, err := os.MkdirTemp("", "flux2-acctest-") //nolint:usetesting // it outlives the test, see Main
		if err != nil {
			t.Fatal(err)
		}
		workshop.folder, workshop.built = folder, make(map[string]error)
	}
	folder := filepath.Join(workshop.folder, strings.NewReplacer("/", "_", ".", "_").Replace(source))
	err, done := workshop.built[source]
	if !done {
		err = compile(source, filepath.Join(folder, "terraform-provider-flux2"))
		workshop.built[source] = err
	}
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

func compile(source, program string) error {
	_, here, _, _ := runtime.Caller(0)
	// Nearly with the flags of the tests, so that most of it is in the build cache;
	// but the whole provider, however the tests were built.
	command := exec.Command("go", "build", "-tags", "nodynamic", "-o", program, source) //nolint:gosec,noctx // nothing in it comes from outside
	command.Dir = filepath.Join(filepath.Dir(here), "..", "..")
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", source, err, output)
	}
	return nil
}

// The programs that a workspace can run.
const (
	theProvider = "."
	theFloor    = "./internal/acctest/floor"
	theHasty    = "./internal/acctest/hasty"
)

// Write replaces the workspace's configuration, and says where the provider is
// from unless the configuration does.
func (w *Workspace) Write(configuration string) {
	w.t.Helper()

	if !strings.Contains(configuration, "required_providers") {
		configuration = RequiredProviders + configuration
	}
	if err := os.WriteFile(filepath.Join(w.folder, "main.tf"), []byte(configuration), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// Path is a file of the workspace.
func (w *Workspace) Path(name string) string {
	return filepath.Join(w.folder, name)
}

// Program is the provider's program.
func (w *Workspace) Program() string { return w.program }

// Command is one run of the engine.
type Command struct {
	t       *testing.T
	cmd     *exec.Cmd
	program string
	began   time.Time
	took    time.Duration
	output  bytes.Buffer
	ended   context.Context
	done    chan struct{}
	err     error
}

// Context ends when the engine has.
func (c *Command) Context() context.Context { return c.ended }

// Start runs the engine, in a process group of its own where there are such.
func (w *Workspace) Start(arguments ...string) *Command {
	w.t.Helper()

	engine := os.Getenv("TF_ACC_TERRAFORM_PATH")
	if engine == "" {
		engine = "terraform"
	}
	started := &Command{t: w.t, program: w.program, cmd: exec.CommandContext(w.t.Context(), engine, arguments...)} //nolint:gosec // the tests say what is run
	started.cmd.Dir = w.folder
	started.cmd.Env = w.environment
	started.cmd.Stdout = &started.output
	started.cmd.Stderr = &started.output
	startGroup(started.cmd)
	started.began = time.Now()
	if err := started.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	ended, end := context.WithCancel(context.Background())
	started.ended, started.done = ended, make(chan struct{})
	go func() {
		defer end()
		started.err = started.cmd.Wait()
		started.took = time.Since(started.began)
		close(started.done)
	}()
	return started
}

// Run runs the engine to its end and returns its exit code and all it said.
func (w *Workspace) Run(arguments ...string) (int, string) {
	w.t.Helper()
	return w.Start(arguments...).Wait()
}

// MustRun is Run for what has to succeed.
func (w *Workspace) MustRun(arguments ...string) string {
	w.t.Helper()

	code, output := w.Run(arguments...)
	if code != 0 {
		w.t.Fatalf("%v ended with %d:\n%s", arguments, code, output)
	}
	return output
}

// Wait returns the exit code, -1 after a signal, and all that was said.
func (c *Command) Wait() (int, string) {
	c.t.Helper()

	<-c.done
	var ended *exec.ExitError
	if c.err != nil && !errors.As(c.err, &ended) {
		c.t.Fatal(c.err)
	}
	return c.cmd.ProcessState.ExitCode(), c.output.String()
}

// State reads the resources of the root module from the workspace's state, by
// address.
func (w *Workspace) State() map[string]*tfjson.StateResource {
	w.t.Helper()

	var state tfjson.State
	shown := w.MustRun("show", "-json")
	// The engine may warn about the development override before the document.
	if err := json.Unmarshal([]byte(shown[max(0, bytes.IndexByte([]byte(shown), '{')):]), &state); err != nil {
		w.t.Fatalf("%v in %s", err, shown)
	}
	resources := make(map[string]*tfjson.StateResource)
	if state.Values != nil && state.Values.RootModule != nil {
		for _, resource := range state.Values.RootModule.Resources {
			resources[resource.Address] = resource
		}
	}
	return resources
}
