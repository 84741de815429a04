// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

// Package provider is Terraform's view of FLUX.2 on fal: schemas, planning,
// state and diagnostics. It leaves HTTP and fal's JSON to the packages below it.
package provider

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/account"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/files"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/images"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/walks"
)

// Address is the provider's address in Terraform's registry.
const Address = "registry.terraform.io/flux2-provider/flux2"

var (
	_ provider.Provider                   = (*flux2Provider)(nil)
	_ provider.ProviderWithValidateConfig = (*flux2Provider)(nil)
	_ provider.ProviderWithFunctions      = (*flux2Provider)(nil)
	_ provider.ProviderWithListResources  = (*flux2Provider)(nil)
	_ provider.ProviderWithActions        = (*flux2Provider)(nil)
)

// Option changes what a provider takes from its surroundings. Tests use
// options in place of the process environment and the system clock.
type Option func(*flux2Provider)

// WithEnvironment has environment variables looked up by the given function.
func WithEnvironment(lookup func(string) (string, bool)) Option {
	return func(p *flux2Provider) { p.lookupEnvironment = lookup }
}

// WithClock has every wait and time stamp taken from the given clock.
func WithClock(clock fal.Clock) Option {
	return func(p *flux2Provider) { p.clock = clock }
}

// WithDial has every connection to fal and to media hosts made by the given
// function. Only tests use it: addresses that it dials are not judged.
func WithDial(dial func(ctx context.Context, network, address string) (net.Conn, error)) Option {
	return func(p *flux2Provider) { p.dial = dial }
}

// New returns a constructor of providers, as the plugin server wants it. The
// version goes into the user agent.
func New(version string, options ...Option) func() provider.Provider {
	return func() provider.Provider {
		p := &flux2Provider{version: version, lookupEnvironment: os.LookupEnv}
		for _, option := range options {
			option(p)
		}
		return p
	}
}

type flux2Provider struct {
	version           string
	lookupEnvironment func(string) (string, bool)
	clock             fal.Clock
	dial              dialFunc

	mutex sync.Mutex
	// configured has one entry for each time that it was configured.
	configured []*configured
}

// Close lets go of what the end of the process would: notes of submissions that
// it holds, and connections. It is for hosts that go on living.
func (p *flux2Provider) Close() error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	var problems []error
	for _, configured := range p.configured {
		problems = append(problems, configured.close())
	}
	p.configured = nil
	return errors.Join(problems...)
}

// dialFunc makes a connection.
type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

type providerModel struct {
	APIKey      types.String `tfsdk:"api_key"`
	EndpointID  types.String `tfsdk:"endpoint_id"`
	QueueURL    types.String `tfsdk:"queue_url"`
	RunURL      types.String `tfsdk:"run_url"`
	PlatformURL types.String `tfsdk:"platform_url"`
	EmulatorURL types.String `tfsdk:"emulator_url"`

	ImageStore          types.String `tfsdk:"image_store"`
	RequestMode         types.String `tfsdk:"request_mode"`
	QueuePriority       types.String `tfsdk:"queue_priority"`
	StartTimeout        types.String `tfsdk:"start_timeout"`
	MediaExpiration     types.String `tfsdk:"media_expiration"`
	StorePayloads       types.Bool   `tfsdk:"store_payloads"`
	Tags                types.Map    `tfsdk:"tags"`
	ReuseRequestsWithin types.String `tfsdk:"reuse_requests_within"`
	MaxRequestsPerRun   types.Int64  `tfsdk:"max_requests_per_run"`
}

func (p *flux2Provider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "flux2"
	resp.Version = p.version
}

func (p *flux2Provider) ValidateConfig(ctx context.Context, req provider.ValidateConfigRequest, resp *provider.ValidateConfigResponse) {
	var config providerModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(checkOneDestination(config)...)
	resp.Diagnostics.Append(checkHistory(config)...)
}

// Configure makes no network call: every plan would pay for it.
func (p *flux2Provider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var config providerModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	settings, diags := resolveSettings(ctx, config, p.lookupEnvironment)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	configured, err := configure(settings, p.userAgent(req.TerraformVersion), walks.ConfiguresEach(req.TerraformVersion), p.clock, p.dial)
	if err != nil {
		resp.Diagnostics.AddError("Invalid Provider Configuration", "The client for fal could not be set up: "+err.Error()+".")
		return
	}
	if left := configured.unresolved(); len(left) > 0 {
		resp.Diagnostics.Append(submissionsLeft(left, settings.workspace))
	}
	p.mutex.Lock()
	p.configured = append(p.configured, configured)
	p.mutex.Unlock()
	resp.ResourceData = configured
	resp.DataSourceData = configured
	resp.ListResourceData = configured
	resp.ActionData = configured
}

func (p *flux2Provider) userAgent(terraformVersion string) string {
	agent := "terraform-provider-flux2/" + p.version
	if terraformVersion != "" {
		agent += " (+Terraform/" + terraformVersion + ")"
	}
	return agent
}

func (p *flux2Provider) Resources(context.Context) []func() resource.Resource {
	return append(images.Resources(), files.Resources()...)
}

func (p *flux2Provider) DataSources(context.Context) []func() datasource.DataSource {
	return append(images.DataSources(), account.DataSources()...)
}

func (p *flux2Provider) ListResources(context.Context) []func() list.ListResource {
	return images.ListResources()
}

func (p *flux2Provider) Actions(context.Context) []func() action.Action {
	return images.Actions()
}

func (p *flux2Provider) Functions(context.Context) []func() function.Function {
	return []func() function.Function{newDeriveSeedFunction, newImageDimensionsFunction}
}
