// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// Server serves a provider's calls as the framework does, but keeps nothing of those
// that have ended.
//
// The framework keeps the context of each call until the process ends, to cancel all
// of them if the engine asks it to stop (terraform-plugin-go does so as well, for
// those that are under way). With a context it keeps the loggers that were made for
// the call, so that the memory of a plan grows with its images.
func Server(served provider.Provider) tfprotov6.ProviderServer {
	original := providerserver.NewProtocol6(served)()
	if framework, ok := original.(frameworkServer); ok {
		return &server{frameworkServer: framework}
	}
	return original
}

// frameworkServer is what the framework serves.
type frameworkServer interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
	tfprotov6.ActionServer
}

// server hands over a context that ends with its call wherever an engine calls once
// for each object. What answers in a stream goes on after its call.
type server struct {
	frameworkServer

	// stopped says that the engine has asked to stop since it last configured.
	stopped atomic.Bool
}

// StopProvider is the framework's, which ends the calls that are under way. An engine
// sends some that it had begun with a moment after it: what they would create is not
// paid for any more.
func (s *server) StopProvider(ctx context.Context, req *tfprotov6.StopProviderRequest) (*tfprotov6.StopProviderResponse, error) {
	s.stopped.Store(true)
	return s.frameworkServer.StopProvider(ctx, req)
}

// ConfigureProvider is the framework's. It begins a walk that nobody has asked to stop.
func (s *server) ConfigureProvider(ctx context.Context, req *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	s.stopped.Store(false)
	return s.frameworkServer.ConfigureProvider(ctx, req)
}

// ValidateResourceConfig is the framework's.
func (s *server) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return during(ctx, req, s.frameworkServer.ValidateResourceConfig)
}

// UpgradeResourceState is the framework's.
func (s *server) UpgradeResourceState(ctx context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	return during(ctx, req, s.frameworkServer.UpgradeResourceState)
}

// UpgradeResourceIdentity is the framework's.
func (s *server) UpgradeResourceIdentity(ctx context.Context, req *tfprotov6.UpgradeResourceIdentityRequest) (*tfprotov6.UpgradeResourceIdentityResponse, error) {
	return during(ctx, req, s.frameworkServer.UpgradeResourceIdentity)
}

// ReadResource is the framework's.
func (s *server) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	return during(ctx, req, s.frameworkServer.ReadResource)
}

// PlanResourceChange is the framework's.
func (s *server) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	return during(ctx, req, s.frameworkServer.PlanResourceChange)
}

// ApplyResourceChange is the framework's. A creation that comes after the engine has
// asked to stop has ended before it begins. Tests that are interrupted still destroy
// what they have made.
func (s *server) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	if s.stopped.Load() && creates(req) {
		ended, end := context.WithCancel(ctx)
		end()
		ctx = ended
	}
	return during(ctx, req, s.frameworkServer.ApplyResourceChange)
}

// ImportResourceState is the framework's.
func (s *server) ImportResourceState(ctx context.Context, req *tfprotov6.ImportResourceStateRequest) (*tfprotov6.ImportResourceStateResponse, error) {
	return during(ctx, req, s.frameworkServer.ImportResourceState)
}

// GenerateResourceConfig is the framework's.
func (s *server) GenerateResourceConfig(ctx context.Context, req *tfprotov6.GenerateResourceConfigRequest) (*tfprotov6.GenerateResourceConfigResponse, error) {
	return during(ctx, req, s.frameworkServer.GenerateResourceConfig)
}

// MoveResourceState is the framework's.
func (s *server) MoveResourceState(ctx context.Context, req *tfprotov6.MoveResourceStateRequest) (*tfprotov6.MoveResourceStateResponse, error) {
	return during(ctx, req, s.frameworkServer.MoveResourceState)
}

// ValidateDataResourceConfig is the framework's.
func (s *server) ValidateDataResourceConfig(ctx context.Context, req *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	return during(ctx, req, s.frameworkServer.ValidateDataResourceConfig)
}

// ReadDataSource is the framework's.
func (s *server) ReadDataSource(ctx context.Context, req *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	return during(ctx, req, s.frameworkServer.ReadDataSource)
}

// CallFunction is the framework's.
func (s *server) CallFunction(ctx context.Context, req *tfprotov6.CallFunctionRequest) (*tfprotov6.CallFunctionResponse, error) {
	return during(ctx, req, s.frameworkServer.CallFunction)
}

// creates reports whether a change has nothing before it.
func creates(req *tfprotov6.ApplyResourceChangeRequest) bool {
	if req.PriorState == nil {
		return false
	}
	nothing, err := req.PriorState.IsNull()
	return err == nil && nothing
}

// during makes a call with a context that holds nothing once it has ended.
func during[Request, Response any](ctx context.Context, req Request, call func(context.Context, Request) (Response, error)) (Response, error) {
	lent := new(callContext)
	lent.of.Store(&ctx)
	defer lent.of.Store(&noCall) //nolint:contextcheck // it lends the context that it was given
	return call(lent, req)       //nolint:contextcheck // the same
}

// callContext is the context of a call while that lasts, and an ended one after it.
type callContext struct {
	of atomic.Pointer[context.Context]
}

// noCall is the context of all calls that have ended.
var noCall = func() context.Context {
	ctx, end := context.WithCancel(context.Background())
	end()
	return ctx
}()

// Deadline is that of the call.
func (c *callContext) Deadline() (time.Time, bool) { return (*c.of.Load()).Deadline() }

// Done is closed when the call ends.
func (c *callContext) Done() <-chan struct{} { return (*c.of.Load()).Done() }

// Err says why the call has ended.
func (c *callContext) Err() error { return (*c.of.Load()).Err() }

// Value is one of the call's.
func (c *callContext) Value(key any) any { return (*c.of.Load()).Value(key) }
