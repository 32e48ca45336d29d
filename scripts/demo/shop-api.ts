import type { Scene } from "../../packages/stackit/test/support/git-scene.ts";
import { before, people } from "./people.ts";

type Files = Record<string, string>;

/** The payment service, in Go: its stack was pushed, then went on here and there. */
export async function shopApi(scene: Scene, nowSeconds: number): Promise<void> {
  const at = (days: number, hours = 0) => before(nowSeconds, days, hours);
  const pr = (number: number, base: string, title: string) => ({
    prInfo: { number, base, title, state: "OPEN", isDraft: false },
  });
  await scene.write((s) => {
    s.commit("main", { message: "Charge cards", author: people.amara, atSeconds: at(30), files: base });
    s.commit("main", {
      message: "Log the request id of each charge (#77)",
      author: people.tomas,
      atSeconds: at(10),
      files: logging,
    });
    s.commit("payments/idempotency-keys", {
      parent: "main",
      message: "Store an idempotency key with each charge",
      author: people.amara,
      atSeconds: at(5),
      files: keys,
    });
    s.metadata("payments/idempotency-keys", {
      parentBranchName: "main",
      scope: "PAYMENTS",
      ...pr(81, "main", "Store an idempotency key with each charge"),
    });
    s.commit("payments/replay", {
      parent: "payments/idempotency-keys",
      message: "Answer a repeated charge with the first answer",
      author: people.amara,
      atSeconds: at(4),
      files: replay,
    });
    s.metadata("payments/replay", {
      parentBranchName: "payments/idempotency-keys",
      ...pr(82, "payments/idempotency-keys", "Answer a repeated charge with the first answer"),
    });
    s.commit("payments/expire-keys", {
      parent: "payments/replay",
      message: "Forget keys after a day",
      author: people.amara,
      atSeconds: at(3, 5),
      files: expiry,
    });
    s.metadata("payments/expire-keys", {
      parentBranchName: "payments/replay",
      ...pr(84, "payments/replay", "Forget keys after a day"),
    });
    s.commit("refunds/partial", {
      parent: "main",
      message: "Refund part of a charge",
      author: people.priya,
      atSeconds: at(2),
      files: refunds,
    });
    s.metadata("refunds/partial", { parentBranchName: "main", ...pr(85, "main", "Refund part of a charge") });
  });
  await scene.git("reset", "--quiet", "--hard");
  await scene.addRemote();
  // One branch is ahead of the remote now, another behind it.
  const pushed = await scene.sha("payments/expire-keys");
  await scene.write((s) => {
    s.commit("payments/expire-keys", {
      message: "Run the sweep every hour",
      author: people.amara,
      atSeconds: at(0, 7),
      files: sweep,
    });
    s.commit("refunds/on-the-remote", {
      parent: "refunds/partial",
      message: "Name the reason of a refund",
      author: people.priya,
      atSeconds: at(0, 6),
      files: { "payments/reason.go": reason },
    });
  });
  await scene.git("push", "--quiet", "origin", "refunds/on-the-remote:refunds/partial");
  await scene.git("fetch", "--quiet", "origin");
  await scene.git("branch", "--quiet", "-D", "refunds/on-the-remote");
  await scene.git("push", "--quiet", "--force", "origin", `${pushed}:payments/expire-keys`);
}

const charge = `package payments

import (
	"context"
	"errors"
	"fmt"
)

var ErrDeclined = errors.New("the card was declined")

type Charge struct {
	OrderID  string
	Cents    int64
	Currency string
}

type Gateway interface {
	Charge(ctx context.Context, c Charge) (id string, err error)
}

func (s *Service) Charge(ctx context.Context, c Charge) (string, error) {
	if c.Cents <= 0 {
		return "", fmt.Errorf("charge of %d cents", c.Cents)
	}
	return s.gateway.Charge(ctx, c)
}
`;

const base: Files = {
  "go.mod": "module alderandfinch.example/shop-api\n\ngo 1.25\n",
  "payments/charge.go": charge,
  "payments/service.go": "package payments\n\ntype Service struct {\n\tgateway Gateway\n}\n",
};

const logging: Files = {
  "payments/charge.go": charge
    .replace('\t"fmt"\n', '\t"fmt"\n\t"log/slog"\n')
    .replace(
      "\treturn s.gateway.Charge(ctx, c)",
      '\tid, err := s.gateway.Charge(ctx, c)\n\tslog.InfoContext(ctx, "charged", "order", c.OrderID, "id", id, "err", err)\n\treturn id, err',
    ),
};

const keys: Files = {
  "payments/idempotency.go": `package payments

import (
	"context"
	"database/sql"
	"errors"
)

// Key names one attempt to pay: the same key never charges twice.
type Key string

type KeyStore struct {
	db *sql.DB
}

// Begin claims a key. It reports false when the key was claimed before.
func (k *KeyStore) Begin(ctx context.Context, key Key, orderID string) (bool, error) {
	res, err := k.db.ExecContext(ctx,
		"insert into idempotency_key (key, order_id) values ($1, $2) on conflict do nothing",
		key, orderID)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// Finish stores the answer that a repetition will get.
func (k *KeyStore) Finish(ctx context.Context, key Key, chargeID string) error {
	res, err := k.db.ExecContext(ctx, "update idempotency_key set charge_id = $2 where key = $1", key, chargeID)
	if err != nil {
		return err
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return errors.New("finishing a key that was never begun")
	}
	return nil
}
`,
  "migrations/0012_idempotency_key.sql": `create table idempotency_key (
  key        text primary key,
  order_id   text not null,
  charge_id  text,
  created_at timestamptz not null default now()
);
`,
};

const replay: Files = {
  "payments/charge_once.go": `package payments

import (
	"context"
	"database/sql"
	"errors"
)

var ErrInProgress = errors.New("the same charge is under way")

// ChargeOnce charges at most once for each key, and answers repetitions with the first answer.
func (s *Service) ChargeOnce(ctx context.Context, key Key, c Charge) (string, error) {
	first, err := s.keys.Begin(ctx, key, c.OrderID)
	if err != nil {
		return "", err
	}
	if !first {
		return s.keys.answer(ctx, key)
	}
	id, err := s.Charge(ctx, c)
	if err != nil {
		return "", errors.Join(err, s.keys.release(ctx, key))
	}
	return id, s.keys.Finish(ctx, key, id)
}

func (k *KeyStore) answer(ctx context.Context, key Key) (string, error) {
	var id sql.NullString
	err := k.db.QueryRowContext(ctx, "select charge_id from idempotency_key where key = $1", key).Scan(&id)
	if err == nil && !id.Valid {
		err = ErrInProgress
	}
	return id.String, err
}

func (k *KeyStore) release(ctx context.Context, key Key) error {
	_, err := k.db.ExecContext(ctx, "delete from idempotency_key where key = $1 and charge_id is null", key)
	return err
}
`,
};

const expiry: Files = {
  "payments/expire.go": `package payments

import (
	"context"
	"time"
)

const keepKeys = 24 * time.Hour

// Expire forgets keys that nobody can be waiting for any more.
func (k *KeyStore) Expire(ctx context.Context, now time.Time) (int64, error) {
	res, err := k.db.ExecContext(ctx, "delete from idempotency_key where created_at < $1", now.Add(-keepKeys))
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}
`,
};

const sweep: Files = {
  "payments/sweep.go": `package payments

import (
	"context"
	"log/slog"
	"time"
)

// Sweep runs until ctx is done.
func (k *KeyStore) Sweep(ctx context.Context) {
	ticker := time.NewTicker(time.Hour)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			if n, err := k.Expire(ctx, now); err != nil {
				slog.WarnContext(ctx, "expiring idempotency keys", "err", err)
			} else if n > 0 {
				slog.InfoContext(ctx, "expired idempotency keys", "count", n)
			}
		}
	}
}
`,
};

const refunds: Files = {
  "payments/refund.go": `package payments

import (
	"context"
	"fmt"
)

type Refund struct {
	ChargeID string
	Cents    int64
}

// Refund gives back part of a charge, and never more than is left of it.
func (s *Service) Refund(ctx context.Context, r Refund) error {
	left, err := s.refundable(ctx, r.ChargeID)
	if err != nil {
		return err
	}
	if r.Cents > left {
		return fmt.Errorf("refund of %d cents, but only %d are left", r.Cents, left)
	}
	return s.gateway.Refund(ctx, r.ChargeID, r.Cents)
}
`,
};

const reason = `package payments

type Reason string

const (
	Damaged  Reason = "damaged"
	TooLate  Reason = "too-late"
	Goodwill Reason = "goodwill"
)
`;
