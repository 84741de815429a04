// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"os"

	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/imagefile"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/account"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/files"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/images"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/walks"
	"github.com/flux2-provider/terraform-provider-flux2/internal/requests"
	"github.com/flux2-provider/terraform-provider-flux2/internal/store"
)

// configured holds what the rooms of one configured provider share, each for itself.
// Engines hand it on as it is, and each room takes its own part by an interface of
// its own: so none sees another's, and none has to know this package.
type configured struct {
	images  *images.Shared
	files   *files.Shared
	account *account.Shared
}

var (
	_ images.Provider  = (*configured)(nil)
	_ files.Provider   = (*configured)(nil)
	_ account.Provider = (*configured)(nil)
)

// Images is what images share.
func (c *configured) Images() *images.Shared { return c.images }

// Files is what files share.
func (c *configured) Files() *files.Shared { return c.files }

// Account is what look-ups of the account share.
func (c *configured) Account() *account.Shared { return c.account }

// configure hands each room what it wants. While a value needed to reach fal is
// unknown, that is nothing to reach it with.
func configure(settings settings, userAgent string, eachWalk bool, clock fal.Clock, dial dialFunc) (*configured, error) {
	if clock == nil {
		clock = fal.SystemClock()
	}
	c := &configured{
		images: &images.Shared{
			HasKey:     settings.key != "",
			EndpointID: settings.endpointID,
			Options:    settings.requests.options,
			Direct:     settings.requests.direct,
			Limit:      settings.requests.limit,
			Creations:  walks.Creations{EachWalk: eachWalk},
			Clock:      clock,
		},
		files:   &files.Shared{Creations: walks.Creations{EachWalk: eachWalk}},
		account: &account.Shared{EndpointID: settings.endpointID, Clock: clock},
	}
	if settings.unknown {
		return c, nil
	}
	client, err := fal.New(fal.Options{
		Key:         settings.key,
		QueueURL:    settings.queueURL,
		RunURL:      settings.runURL,
		PlatformURL: settings.platformURL,
		UserAgent:   userAgent,
		Logger:      engineLog{},
		Clock:       clock,
		Dial:        dial,
	})
	if err != nil {
		return nil, err
	}
	bases := []string{settings.queueURL, settings.runURL, settings.platformURL}
	media, err := imagefile.New(imagefile.Options{
		TrustedOrigins: bases,
		UserAgent:      userAgent,
		Logger:         engineLog{},
		Clock:          clock,
		Dial:           dial,
	})
	if err != nil {
		return nil, err
	}
	options := requests.Options{
		Client: client, Media: mediaFiles{media}, Logger: engineLog{}, Clock: clock,
		Direct: settings.requests.direct, ReuseWithin: settings.requests.reuseWithin, Limit: settings.requests.limit,
		Origin: store.Origin{URL: settings.queueURL, Kind: string(settings.origin)}, Workspace: settings.workspace, Run: os.Getppid(),
	}
	if settings.store != "" {
		c.files.Store, c.files.StoreFolder = store.Open(settings.store), settings.store
		options.Journal = c.files.Store.Journal()
	}
	c.images.Service, c.images.Client, c.images.Media = requests.New(options), client, media
	c.images.Store = settings.store
	c.images.Origins.Own, c.images.Origins.Bases = settings.origin, bases
	c.files.Media = media
	c.files.Owner, c.files.Origin, c.files.Run, c.files.Now = settings.workspace, string(settings.origin), options.Run, clock.Now
	c.files.Since = clock.Now()
	c.account.Client = client
	return c, nil
}

// unresolved are the submissions that earlier runs have left.
func (c *configured) unresolved() []store.Entry {
	if c.images.Service == nil {
		return nil
	}
	return c.images.Service.Unresolved()
}

// close lets go of what the end of the process would.
func (c *configured) close() error {
	if c.images.Service == nil {
		return nil
	}
	c.images.Client.CloseIdleConnections()
	err := c.images.Service.Close()
	if c.files.Store != nil {
		// Nobody waits any longer. What can't be tidied is tried again the next day.
		_ = c.files.Store.Pictures().Tidy(c.files.Now())
	}
	return err
}

// mediaFiles asks the media host about the files of requests.
type mediaFiles struct{ client *imagefile.Client }

// Gone reports whether a file is known to be gone.
func (m mediaFiles) Gone(ctx context.Context, url string) bool {
	available, _ := m.client.Available(ctx, url)
	return available == imagefile.Gone
}

// engineLog passes what the packages below have to say on to the engine's log.
type engineLog struct{}

// Info is for what a person who waits wants to know.
func (engineLog) Info(ctx context.Context, message string, fields map[string]any) {
	tflog.Info(ctx, message, fields)
}

func (engineLog) Debug(ctx context.Context, message string, fields map[string]any) {
	tflog.Debug(ctx, message, fields)
}
