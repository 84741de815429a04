// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

//go:build bench

package provider_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
)

// benchStart measures what every command of an engine waits for at least once:
// from the start of the program to its schemas.
func benchStart(t *testing.T, table *figures) {
	t.Helper()

	product, floor := acctest.New(t).Workspace(t).Program(), acctest.FloorWorkspace(t).Program()
	const budget = 1.2
	medians := alternate(40,
		func() acctest.Cost { return startToSchema(t, floor) },
		func() acctest.Cost { return startToSchema(t, product) },
		func(medians pair) bool { return medians.product.Wall.Seconds() <= budget*medians.floor.Wall.Seconds() })
	table.judge(t, "provider start to schema", milliseconds(medians.floor.Wall), milliseconds(medians.product.Wall),
		quotient(medians.product.Wall.Seconds(), medians.floor.Wall.Seconds()), "1.2", medians.product.Wall.Seconds() <= budget*medians.floor.Wall.Seconds(), medians.busy)
	table.tell("size of the program, with symbols", megabytes(size(t, floor)), megabytes(size(t, product)),
		quotient(float64(size(t, product)), float64(size(t, floor))))
}

func size(t *testing.T, program string) int64 {
	t.Helper()

	file, err := os.Stat(program)
	if err != nil {
		t.Fatal(err)
	}
	return file.Size()
}

// startToSchema starts a provider the way engines do, and asks for its schemas.
func startToSchema(t *testing.T, program string) acctest.Cost {
	t.Helper()

	client := plugin.NewClient(&plugin.ClientConfig{
		// What engines and providers have agreed on, see the plugin protocol.
		HandshakeConfig: plugin.HandshakeConfig{
			MagicCookieKey:   "TF_PLUGIN_MAGIC_COOKIE",
			MagicCookieValue: "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
		},
		VersionedPlugins: map[int]plugin.PluginSet{6: {"provider": &connection{}}},
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		AutoMTLS:         true,
		Cmd:              exec.CommandContext(t.Context(), program), //nolint:gosec // the benchmark has built it
		Logger:           hclog.NewNullLogger(),
	})
	defer client.Kill()

	began := time.Now()
	protocol, err := client.Client()
	if err != nil {
		t.Fatal(err)
	}
	dispensed, err := protocol.Dispense("provider")
	if err != nil {
		t.Fatal(err)
	}
	conn, ok := dispensed.(*grpc.ClientConn)
	if !ok {
		t.Fatalf("there is a %T instead of a connection", dispensed)
	}
	// A message without fields takes any answer, and keeps what it doesn't know.
	var schemas emptypb.Empty
	if err := conn.Invoke(t.Context(), "/tfplugin6.Provider/GetProviderSchema", &emptypb.Empty{}, &schemas, grpc.MaxCallRecvMsgSize(64<<20)); err != nil {
		t.Fatal(err)
	}
	took := time.Since(began)
	if answer := len(schemas.ProtoReflect().GetUnknown()); answer < 10_000 {
		t.Fatalf("the schemas are only %d bytes", answer)
	}
	return acctest.Cost{Wall: took}
}

// connection is a plugin of which nothing is wanted but its connection.
type connection struct {
	plugin.NetRPCUnsupportedPlugin
}

func (*connection) GRPCServer(*plugin.GRPCBroker, *grpc.Server) error {
	return errors.New("this side serves nothing")
}

func (*connection) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return conn, nil
}
