// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
)

// fileConversation is a conversation about a file that is in the state.
type fileConversation struct {
	conversation
	env    *acctest.Environment
	schema *tfprotov6.Schema
	state  *tfprotov6.DynamicValue
}

func converseAboutFile(t *testing.T, path string, content []byte) fileConversation {
	t.Helper()

	env := acctest.New(t)
	c := converseConfigured(t, env)
	schemas, err := c.server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	schema := schemas.ResourceSchemas["flux2_image_file"]
	return fileConversation{c, env, schema, packed(t, object(t, schema, arguments{
		"url":        word("https://example.com/a.png"),
		"path":       word(path),
		"sha256":     word(hexSHA256(content)),
		"size_bytes": number(int64(len(content))),
		"present":    tftypes.NewValue(tftypes.Bool, true),
	}, leftOut))}
}

// A file of which nobody can tell is taken to be as it was.
func TestImageFile_unreadableIsNotMissing(t *testing.T) {
	t.Parallel()

	// No file can have such a name, which is not the same as its being away.
	c := converseAboutFile(t, filepath.Join(t.TempDir(), strings.Repeat("x", 300)), painted(t, 1))
	read, err := c.server.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{TypeName: "flux2_image_file", CurrentState: c.state})
	if err != nil {
		t.Fatal(err)
	}
	if said := spoken(read.Diagnostics); !strings.HasPrefix(said, `WARNING: Image File Not Read [AttributeName("path")]`) || len(read.Diagnostics) != 1 {
		t.Errorf("reading said %s", said)
	}
	state := attributesOf(t, unpacked(t, read.NewState, c.schema.ValueType()))
	if !as[bool](t, state["present"]) {
		t.Error("the file is taken to be missing")
	}
}

// What is left on disk is told to the person who has to decide about it.
func TestImageFile_destroyTellsWhatIsLeft(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		prepare func(t *testing.T, path string)
		left    bool
	}{
		"as it was": {func(t *testing.T, path string) { t.Helper(); mustWrite(t, path, painted(t, 1)) }, false},
		"missing":   {func(*testing.T, string) {}, false},
		"another image": {
			func(t *testing.T, path string) { t.Helper(); mustWrite(t, path, painted(t, 2)) },
			true,
		},
		"a link to nowhere": {
			func(t *testing.T, path string) {
				t.Helper()
				if err := os.Symlink(path+".none", path); err != nil {
					t.Fatal(err)
				}
			},
			true,
		},
		"folder turned into a file": {
			func(t *testing.T, path string) {
				t.Helper()
				if err := os.Remove(filepath.Dir(path)); err != nil {
					t.Fatal(err)
				}
				mustWrite(t, filepath.Dir(path), nil)
			},
			false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			path := filepath.Join(t.TempDir(), "images", "a.png")
			if err := os.Mkdir(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			test.prepare(t, path)
			c := converseAboutFile(t, path, painted(t, 1))
			gone := packed(t, nothing(c.schema.ValueType()))
			deleted, err := c.server.ApplyResourceChange(t.Context(), &tfprotov6.ApplyResourceChangeRequest{
				TypeName: "flux2_image_file", PriorState: c.state, PlannedState: gone, Config: gone, PlannedPrivate: fileNote(t, "one"),
			})
			if err != nil {
				t.Fatal(err)
			}
			said := spoken(deleted.Diagnostics)
			if test.left != (strings.HasPrefix(said, "WARNING: File Left Alone") && strings.Contains(said, path)) || !test.left && said != "" {
				t.Errorf("destroying said %q, left %t", said, test.left)
			}
			if !unpacked(t, deleted.NewState, c.schema.ValueType()).IsNull() {
				t.Error("the file is still in the state")
			}
			if _, err := os.Lstat(path); (err == nil) != test.left {
				t.Errorf("afterwards: %v", err)
			}
			if kept := storedPictures(t, c.env); name == "as it was" && !slices.Contains(kept, hexSHA256(painted(t, 1))) || name != "as it was" && len(kept) > 0 {
				t.Errorf("the store has %v", kept)
			}
		})
	}
}

// fileNote is the private state of an object, as the framework writes it.
func fileNote(t *testing.T, object string) []byte {
	t.Helper()
	note, err := json.Marshal(map[string]any{"object": object})
	if err != nil {
		t.Fatal(err)
	}
	private, err := json.Marshal(map[string][]byte{"file": note})
	if err != nil {
		t.Fatal(err)
	}
	return private
}

// storedPictures are the hashes of the pictures in the store.
func storedPictures(t *testing.T, env *acctest.Environment) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(env.DataFolder, "flux2", "blobs", "sha256", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for i, path := range found {
		found[i] = filepath.Base(path)
	}
	return found
}
