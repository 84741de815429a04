// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"errors"
	"reflect"
	"runtime"
	"slices"
	"testing"
	"weak"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// What engines call once for each provider or block of a list, or what answers in a
// stream after its call.
var keepContexts = []string{
	"GetMetadata", "GetProviderSchema", "GetResourceIdentitySchemas", "GetFunctions",
	"ValidateProviderConfig", "ConfigureProvider", "StopProvider",
	"ListResource", "ValidateListResourceConfig", "ValidateActionConfig", "PlanAction", "InvokeAction",
	"ValidateEphemeralResourceConfig", "OpenEphemeralResource", "RenewEphemeralResource", "CloseEphemeralResource",
}

// loggers stand for what terraform-plugin-go puts into the context of each call.
type (
	loggers    [10000]byte
	loggersKey struct{}
)

// A call's loggers go with it, whatever the framework keeps. Each method that an
// engine calls for each object is held to it, those that a later version of the
// protocol adds included.
func TestServer_keepsNothingOfACall(t *testing.T) {
	t.Parallel()
	served := Server(New("test")())
	methods := reflect.TypeFor[frameworkServer]()
	for i := range methods.NumMethod() {
		name := methods.Method(i).Name
		if slices.Contains(keepContexts, name) {
			continue
		}
		method := reflect.ValueOf(served).MethodByName(name)
		kept := func() weak.Pointer[loggers] {
			made := new(loggers)
			ctx, end := context.WithCancel(context.WithValue(t.Context(), loggersKey{}, made))
			defer end()
			method.Call([]reflect.Value{reflect.ValueOf(ctx), reflect.New(method.Type().In(1).Elem())})
			return weak.Make(made)
		}()
		runtime.GC()
		if kept.Value() != nil {
			t.Errorf("%s leaves its context behind", name)
		}
	}
	runtime.KeepAlive(served)
}

// While a call lasts, its context is the one that it was made with, and ended after it.
func TestServer_contextOfACall(t *testing.T) {
	t.Parallel()
	interrupted := errors.New("interrupted")
	ctx, end := context.WithCancelCause(context.WithValue(t.Context(), loggersKey{}, "here"))
	var lent context.Context
	_, _ = during(ctx, 0, func(ctx context.Context, _ int) (int, error) {
		lent = ctx
		derived, stop := context.WithCancel(ctx)
		defer stop()
		if ctx.Err() != nil || derived.Value(loggersKey{}) != "here" {
			t.Errorf("the context has %v and ended with %v", ctx.Value(loggersKey{}), ctx.Err())
		}
		end(interrupted)
		<-derived.Done()
		if !errors.Is(context.Cause(derived), interrupted) || ctx.Err() == nil {
			t.Errorf("the context ended with %v, want %v", context.Cause(derived), interrupted)
		}
		return 0, nil
	})
	if lent.Value(loggersKey{}) != nil || !errors.Is(lent.Err(), context.Canceled) {
		t.Errorf("after its call the context has %v and ended with %v", lent.Value(loggersKey{}), lent.Err())
	}
	<-lent.Done()
	if _, limited := lent.Deadline(); limited {
		t.Error("the context of an ended call has a deadline")
	}
}

// The framework's server serves lists and actions too, and so does this one.
func TestServer_servesAll(t *testing.T) {
	t.Parallel()
	served := Server(New("test")())
	if _, ok := served.(tfprotov6.ListResourceServer); !ok {
		t.Error("lists are not served")
	}
	if _, ok := served.(tfprotov6.ActionServer); !ok {
		t.Error("actions are not served")
	}
}
