// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"go.uber.org/goleak"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider"
)

// openConnections counts what a server has open.
type openConnections struct {
	mutex      sync.Mutex
	open, most int
}

func (o *openConnections) note(_ net.Conn, state http.ConnState) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	switch state {
	case http.StateNew:
		o.open++
		o.most = max(o.most, o.open)
	case http.StateClosed, http.StateHijacked:
		o.open--
	}
}

// hurriedClock runs twenty times as fast as a real one. Pauses of many at once
// overlap on it, as they do in life.
type hurriedClock struct{ start time.Time }

const hurry = 20

func (c hurriedClock) Now() time.Time { return c.start.Add(hurry * time.Since(c.start)) }

func (c hurriedClock) Sleep(ctx context.Context, d time.Duration) error {
	return wrongClock{}.Sleep(ctx, d/hurry)
}

func (c hurriedClock) WithTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, d)
}

// Two hundred images are made at once in one process, while fal asks to slow
// down and streams and results are cut off. Each is paid for once, and each gets
// its own picture: no answer goes to the wrong image. It runs by itself, since it
// counts goroutines.
func TestImage_manyAtOnce(t *testing.T) { //nolint:paralleltest // see above
	const many = 200
	// None is a part of another.
	prompt := func(i int) string { return fmt.Sprintf("picture %03d", i) }
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })

	// Each fault is one image's own: those that all share could meet one image
	// until it gives up.
	var faults []emulator.Fault
	for i := range many {
		own := []emulator.Fault{
			{Route: emulator.RouteSubmit, Status: http.StatusTooManyRequests, Headers: map[string]string{"Retry-After": "1"}},
			{Route: emulator.RouteStream, Frames: 1},
			{Route: emulator.RouteStream, ResetBefore: true},
			{Route: emulator.RouteResult, Truncate: 30},
			{Route: emulator.RouteResult, Status: http.StatusBadGateway},
		}[i%5]
		own.Prompt, own.Times = prompt(i), 1
		faults = append(faults, own, emulator.Fault{Route: emulator.RouteStatus, Prompt: prompt(i), Times: 1, Status: http.StatusTooManyRequests})
	}
	env := acctest.New(t, emulator.WithQueueTime(time.Millisecond), emulator.WithRunTime(5*time.Millisecond),
		emulator.WithPainting(emulator.PaintOnDemand), emulator.WithFaults(faults...))
	connections := &openConnections{}
	server := httptest.NewUnstartedServer(env.Emulator)
	server.Config.ConnState = connections.note
	server.Start()
	t.Cleanup(server.Close)
	env.URL = server.URL

	c := converseConfigured(t, env, provider.WithClock(hurriedClock{time.Now()}))
	configs := make([]arguments, many)
	plans := make([]*tfprotov6.PlanResourceChangeResponse, many)
	for i := range many {
		configs[i] = arguments{"prompt": word(prompt(i)), "seed": number(int64(1_000_000 + i)), "enable_prompt_expansion": flag(true)}
		plans[i] = c.plan(t, nil, nil, configs[i])
	}
	created := make([]*tfprotov6.ApplyResourceChangeResponse, many)
	var group sync.WaitGroup
	for i := range many {
		group.Go(func() { created[i] = c.apply(t, nil, plans[i], configs[i]) })
	}
	group.Wait()

	asked := make(map[string]flux2.Input)
	for _, submission := range env.Emulator.Submissions() {
		input, err := flux2.DecodeInput(submission.Body)
		if err != nil {
			t.Fatal(err)
		}
		asked[submission.RequestID] = input
	}
	env.ExpectSubmissions(t, many)
	for i, made := range created {
		if made == nil {
			t.Fatalf("image %d was not created", i)
		}
		if len(made.Diagnostics) > 0 {
			t.Fatalf("image %d: creating said %s", i, spoken(made.Diagnostics))
		}
		state := attributesOf(t, unpacked(t, made.NewState, c.image.ValueType()))
		input, own := asked[as[string](t, state["request_id"])]
		delete(asked, as[string](t, state["request_id"]))
		switch {
		case !own:
			t.Errorf("image %d has the request %s, which is another's or nobody's", i, state["request_id"])
		case !configs[i]["prompt"].Equal(word(input.Prompt)) || !configs[i]["seed"].Equal(number(*input.Seed)):
			t.Errorf("image %d has the request for %q with the seed %d", i, input.Prompt, *input.Seed)
		case !state["prompt"].Equal(configs[i]["prompt"]) || !state["seed"].Equal(configs[i]["seed"]) || !state["expanded_prompt"].Equal(configs[i]["prompt"]):
			t.Errorf("image %d holds %s, %s and %s", i, state["prompt"], state["seed"], state["expanded_prompt"])
		case !state["status"].Equal(word("COMPLETED")) || state["url"].IsNull():
			t.Errorf("image %d is %s", i, state["status"])
		}
	}
	// One each, and those that are still closing when the next is opened.
	if connections.most > 2*many {
		t.Errorf("%d connections were open at once", connections.most)
	}
	t.Logf("%d images, %d calls, up to %d connections", many, len(env.Emulator.Log()), connections.most)
}
