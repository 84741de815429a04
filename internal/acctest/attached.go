// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/go-plugin"
	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
)

// AttachedWorkspace is a workspace whose engine attaches to providers that run
// in the test, so that it can have any number of them, also some that aren't
// ours. An engine that attaches needs no init: one process plans.
func AttachedWorkspace(t *testing.T, providers map[string]func() (tfprotov6.ProviderServer, error)) *Workspace {
	t.Helper()

	if os.Getenv(resource.EnvTfAcc) == "" {
		t.Skipf("acceptance tests run only with %s set", resource.EnvTfAcc)
	}
	folder := t.TempDir()
	engineConfig := filepath.Join(folder, "engine.rc")
	if err := os.WriteFile(engineConfig, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	attach := make(map[string]attachment)
	for name, factory := range providers {
		running := serve(t, name, factory)
		// A configuration may name the source or leave that to the engine, whose
		// registry it is.
		for _, host := range []string{"registry.terraform.io", "registry.opentofu.org"} {
			for _, namespace := range []string{"hashicorp", os.Getenv(resource.EnvTfAccProviderNamespace)} {
				attach[host+"/"+namespace+"/"+name] = running
			}
		}
	}
	encoded, err := json.Marshal(attach)
	if err != nil {
		t.Fatal(err)
	}
	return &Workspace{t: t, folder: folder, environment: append(bareEnvironment(folder, engineConfig), "TF_REATTACH_PROVIDERS="+string(encoded))}
}

// attachment tells an engine where a provider listens.
type attachment struct {
	Protocol        string
	ProtocolVersion int
	Pid             int
	Test            bool
	Addr            struct{ Network, String string }
}

// serve starts a provider that ends with the test.
func serve(t *testing.T, name string, factory func() (tfprotov6.ProviderServer, error)) attachment {
	t.Helper()

	server, err := factory()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	listening, ended := make(chan *plugin.ReattachConfig), make(chan struct{})
	failed := make(chan error, 1)
	go func() {
		failed <- tf6server.Serve(name, func() tfprotov6.ProviderServer { return server },
			tf6server.WithDebug(ctx, listening, ended), tf6server.WithoutLogStderrOverride(), tf6server.WithoutLogLocation())
	}()
	t.Cleanup(func() {
		stop()
		<-ended
	})
	select {
	case at := <-listening:
		running := attachment{Protocol: string(at.Protocol), ProtocolVersion: at.ProtocolVersion, Pid: at.Pid, Test: at.Test}
		running.Addr.Network, running.Addr.String = at.Addr.Network(), at.Addr.String()
		return running
	case err := <-failed:
		t.Fatalf("serve %s: %v", name, err)
		return attachment{}
	}
}

// Plan plans the workspace's configuration, which has to succeed, and reads the
// plan.
func (w *Workspace) Plan(arguments ...string) *tfjson.Plan {
	w.t.Helper()

	w.MustRun(append([]string{"plan", "-out=plan.bin", "-no-color"}, arguments...)...)
	var document tfjson.Plan
	shown := w.MustRun("show", "-json", "plan.bin")
	// The engine may warn about the development override before the document.
	if err := json.Unmarshal([]byte(shown[max(0, strings.IndexByte(shown, '{')):]), &document); err != nil {
		w.t.Fatalf("%v in %s", err, shown)
	}
	return &document
}

// Changes reports whether a plan changes objects or outputs. What it imports
// and leaves as it is doesn't count.
func Changes(plan *tfjson.Plan) bool {
	for _, change := range plan.ResourceChanges {
		if change.Mode == tfjson.ManagedResourceMode && !change.Change.Actions.NoOp() {
			return true
		}
	}
	for _, output := range plan.OutputChanges {
		if !output.Actions.NoOp() {
			return true
		}
	}
	return false
}
