// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"bytes"
	"context"
	"io"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-log/tflogtest"
	"github.com/hashicorp/terraform-plugin-log/tfsdklogtest"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider"
)

// everyFailure meets all failures in the test's own process.
func everyFailure(t *testing.T, key string) extent {
	t.Helper()

	foreign := newEavesdropper(t)
	env, server := newSabotaged(t, key, "http://"+foreign.address)
	matrix := newMatrix(t, env, server, key)
	failures := 0
	for _, failure := range allFailures() {
		if failure.target == "download" {
			// There is no key in it; an engine's test has it.
			continue
		}
		matrix.meet(t, failure)
		if server.times(failure) == 0 {
			t.Errorf("%v was never met", failure)
		}
		if failure.sabotage != repeats {
			failures++
		}
	}
	failures += matrix.mistake(t, env, key)
	// What is spoilt after the submission, and what is carried out all the same.
	env.ExpectSubmissions(t, 5*(len(sabotages)+1)+len([]string{"lost", "truncated", repeats})*2+1)

	found := matrix.found(t)
	found.expect(t, "log", "Called fal", "fal_request_id", "[redacted]")
	found.expect(t, "private decoded", "status_url")
	found.expect(t, "diagnostics", "[redacted]", "Only one of the environment variables", "contains white space", "is set, but must be", "contains the API key, or a half of it")
	found.expect(t, "states", "[redacted]")
	if said := foreign.said(); len(said) > 0 {
		t.Errorf("a redirect was followed: %s", said)
	}
	return extent{paths: failures, bytes: found.search(t, key)}
}

// mistake configures providers in ways that are refused. It returns how many.
func (m *matrix) mistake(t *testing.T, env *acctest.Environment, key string) int {
	t.Helper()

	id, secret, _ := strings.Cut(key, ":")
	mistakes := []struct {
		variables map[string]string
		set       arguments
	}{
		{variables: map[string]string{"FAL_KEY_ID": id}},
		{variables: map[string]string{"FAL_KEY_SECRET": secret}},
		{variables: map[string]string{"FAL_KEY": id + ":\n" + secret}},
		{variables: map[string]string{"FAL_KEY": id + " : " + secret}},
		{variables: map[string]string{"FAL_KEY": id + ":ä" + secret}},
		{variables: map[string]string{"FAL_KEY": key, "FLUX2_EMULATOR_URL": key}},
		{variables: map[string]string{"FAL_KEY": key, "FLUX2_EMULATOR_URL": "http://" + url.UserPassword(id, secret).String() + "@127.0.0.1"}},
		// An address is what engines keep and show.
		{variables: map[string]string{"FAL_KEY": key}, set: arguments{"queue_url": word("https://queue.fal.run/" + url.PathEscape(key) + "/queue")}},
		{variables: map[string]string{"FAL_KEY_ID": id, "FAL_KEY_SECRET": secret}, set: arguments{"run_url": word("https://fal.run/" + url.PathEscape(secret))}},
		{set: arguments{"api_key": word(key), "platform_url": word("https://api.fal.ai/v1/" + url.PathEscape(id))}},
		{variables: map[string]string{"FAL_KEY": key}, set: arguments{"emulator_url": word("http://127.0.0.1/" + url.PathEscape(key))}},
		{variables: map[string]string{"FAL_KEY": key, "FLUX2_EMULATOR_URL": "http://127.0.0.1/" + url.PathEscape(key)}},
		{variables: map[string]string{"FAL_KEY": key, "FLUX2_EMULATOR_URL": "http://127.0.0.1"}, set: arguments{"queue_url": word("https://queue.fal.run")}},
	}
	for _, mistake := range mistakes {
		c := converse(t, env, mistake.variables)
		c.server = loggedServer{serverFor[completeServer](t, c), m.log}
		diags := c.configure(t, mistake.set)
		if len(diags) == 0 || diags[0].Severity != tfprotov6.DiagnosticSeverityError {
			t.Errorf("%v was accepted: %s", mistake, spoken(diags))
		}
		m.hear(diags)
	}
	return len(mistakes)
}

// matrix talks to providers as an engine does, and keeps all that they say.
type matrix struct {
	conversation
	reusing, direct, deleting conversation

	log                          *sharedBuffer
	diagnostics, states, private bytes.Buffer
}

func newMatrix(t *testing.T, env *acctest.Environment, server *saboteur, key string) *matrix {
	t.Helper()

	m := &matrix{log: &sharedBuffer{}}
	start := func(set arguments) conversation {
		c := converse(t, env, nil, provider.WithClock(acctest.NewClock(untilSilence)))
		c.server = loggedServer{serverFor[completeServer](t, c), m.log}
		configuration := arguments{
			"api_key": word(key), "queue_url": word(server.URL + "/queue"), "run_url": word(server.URL + "/run"), "platform_url": word(server.URL + "/platform/v1"),
		}
		for name, value := range set {
			configuration[name] = value
		}
		m.hear(c.configure(t, configuration))
		return c
	}
	m.conversation, m.deleting = start(nil), start(nil)
	m.reusing = start(arguments{"reuse_requests_within": word("1d")})
	m.direct = start(arguments{"request_mode": word("direct")})
	return m
}

func (m *matrix) hear(diags []*tfprotov6.Diagnostic) { m.diagnostics.WriteString(spoken(diags) + "\n") }

// keep notes a state with all that goes with it.
func (m *matrix) keep(state *tfprotov6.DynamicValue, private []byte, identity *tfprotov6.ResourceIdentityData) {
	if state != nil {
		m.states.Write(append(state.MsgPack, '\n'))
	}
	if identity != nil && identity.IdentityData != nil {
		m.states.Write(append(identity.IdentityData.MsgPack, '\n'))
	}
	m.private.Write(append(private, '\n'))
}

func (m *matrix) found(t *testing.T) haystack {
	t.Helper()

	found := make(haystack)
	found["log"] = m.log.said()
	found.add(t, "diagnostics", m.diagnostics.Bytes())
	found.add(t, "states", m.states.Bytes())
	found.add(t, "private", m.private.Bytes())
	return found
}

// meet does what the failure is about.
func (m *matrix) meet(t *testing.T, failure failure) {
	t.Helper()

	endpoint, seeded := arguments{"endpoint_id": word(failure.endpoint())}, word(failure.requestID())
	with := func(more arguments) arguments {
		set := arguments{}
		for _, each := range []arguments{endpoint, more} {
			for name, value := range each {
				set[name] = value
			}
		}
		return set
	}
	prompted := func(more arguments) arguments {
		set := with(more)
		set["prompt"] = word("a lighthouse at dusk")
		return set
	}
	no := tftypes.NewValue(tftypes.Bool, false)
	switch failure.target {
	case "lookup":
		m.hear(m.readData(t, "flux2_image", with(arguments{"request_id": seeded})))
	case "history":
		m.hear(m.readData(t, "flux2_requests", endpoint))
	case "billing":
		m.hear(m.readData(t, "flux2_billing_events", endpoint))
	case "pricing":
		m.hear(m.readData(t, "flux2_pricing", endpoint))
	case "estimate":
		m.hear(m.readData(t, "flux2_pricing", with(arguments{"unit_quantity": number(2)})))
	case "list":
		for _, result := range m.list(t, m.listConfig(t, endpoint), 10, true, 0) {
			m.hear(result.Diagnostics)
			m.states.WriteString(result.DisplayName)
			m.keep(result.Resource, nil, result.Identity)
		}
	case "stop", "erase":
		kind, set := "flux2_cancel_request", with(arguments{"request_id": seeded})
		if failure.target == "erase" {
			kind, set = "flux2_delete_payloads", arguments{"request_ids": texts(failure.requestID())}
		}
		progress, diags := m.invoke(t, kind, set)
		m.diagnostics.WriteString(strings.Join(progress, "\n"))
		m.hear(diags)
	case "reuse":
		m.live(t, m.reusing, prompted(nil))
	case "run":
		m.live(t, m.direct, prompted(nil))
	case "cancel", "refresh":
		m.live(t, m.conversation, prompted(arguments{"wait_for_completion": no}))
	default:
		m.live(t, m.conversation, prompted(arguments{"delete_payloads_on_destroy": tftypes.NewValue(tftypes.Bool, true)}))
	}
}

// live is the life of an image, as far as it comes: created, read, deleted.
func (m *matrix) live(t *testing.T, c conversation, set arguments) {
	t.Helper()

	planned := c.plan(t, nil, nil, set)
	m.hear(planned.Diagnostics)
	m.keep(planned.PlannedState, planned.PlannedPrivate, planned.PlannedIdentity)
	made := c.apply(t, nil, planned, set)
	m.hear(made.Diagnostics)
	m.keep(made.NewState, made.Private, made.NewIdentity)
	if made.NewState == nil || unpacked(t, made.NewState, c.image.ValueType()).IsNull() {
		return
	}
	// What a walk has made it doesn't delete.
	read, err := m.deleting.server.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{
		TypeName: "flux2_image", CurrentState: made.NewState, Private: made.Private, CurrentIdentity: made.NewIdentity,
	})
	if err != nil {
		t.Fatal(err)
	}
	m.hear(read.Diagnostics)
	m.keep(read.NewState, read.Private, read.NewIdentity)
	gone, err := m.deleting.server.ApplyResourceChange(t.Context(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: "flux2_image", PriorState: made.NewState, PlannedState: packed(t, nothing(c.image.ValueType())), PlannedPrivate: made.Private,
		Config: packed(t, nothing(c.image.ValueType())),
	})
	if err != nil {
		t.Fatal(err)
	}
	m.hear(gone.Diagnostics)
	m.keep(gone.NewState, gone.Private, gone.NewIdentity)
}

// completeServer is all that is asked of a provider here.
type completeServer interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
	tfprotov6.ActionServer
}

// loggedServer has everything logged that a provider and its framework have to
// say, as the transport does that an engine speaks over.
type loggedServer struct {
	completeServer
	log io.Writer
}

func (s loggedServer) heard(ctx context.Context) context.Context {
	return tfsdklogtest.RootLogger(tflogtest.RootLogger(ctx, s.log), s.log)
}

func (s loggedServer) ConfigureProvider(ctx context.Context, r *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	return s.completeServer.ConfigureProvider(s.heard(ctx), r)
}

func (s loggedServer) PlanResourceChange(ctx context.Context, r *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	return s.completeServer.PlanResourceChange(s.heard(ctx), r)
}

func (s loggedServer) ApplyResourceChange(ctx context.Context, r *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	return s.completeServer.ApplyResourceChange(s.heard(ctx), r)
}

func (s loggedServer) ReadResource(ctx context.Context, r *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	return s.completeServer.ReadResource(s.heard(ctx), r)
}

func (s loggedServer) ReadDataSource(ctx context.Context, r *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	return s.completeServer.ReadDataSource(s.heard(ctx), r)
}

func (s loggedServer) ListResource(ctx context.Context, r *tfprotov6.ListResourceRequest) (*tfprotov6.ListResourceServerStream, error) {
	return s.completeServer.ListResource(s.heard(ctx), r)
}

func (s loggedServer) InvokeAction(ctx context.Context, r *tfprotov6.InvokeActionRequest) (*tfprotov6.InvokeActionServerStream, error) {
	return s.completeServer.InvokeAction(s.heard(ctx), r)
}

// sharedBuffer is a log that several write to.
type sharedBuffer struct {
	mutex   sync.Mutex
	written bytes.Buffer
}

func (b *sharedBuffer) Write(p []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.written.Write(p)
}

func (b *sharedBuffer) said() []byte {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return bytes.Clone(b.written.Bytes())
}
