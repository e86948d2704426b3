using System.Collections.Concurrent;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Embedded;
using Xunit;

namespace Postroom.Tests.Relay.Spool;

/// <summary>
/// Several lives of a spool on a disk that loses what was not synced, at random: everything that may happen happens,
/// and a model beside it knows what has to come of it.
/// </summary>
public sealed class SpoolLifeTests
{
    private static readonly string[] Lanes = ["a", "b", "c"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task However_it_lives_each_recipient_is_in_one_state_and_none_goes_out_twice(int seed)
    {
        await using var world = new SimulatedWorld(seed);
        world.Settings = world.Settings with { Window = 6, BodyMemory = 2_000 };
        var life = new Life(world, new Random(seed));
        for (var lives = 0; lives < 4; lives++)
        {
            await life.BeginAsync();
            for (var step = 0; step < 60; step++)
                await life.StepAsync();
            await life.CompareAsync();
            life.End();
        }

        await life.BeginAsync();
        await life.DrainAsync();
    }

    private sealed class Life(SimulatedWorld world, Random dice)
    {
        private readonly ConcurrentDictionary<Target, Standing> _model = [];
        private readonly List<Lease> _held = [];
        private readonly HashSet<string> _paused = [];
        private readonly CancellationToken _cancel = TestContext.Current.CancellationToken;
        private EmbeddedSpool _spool = null!;
        private string _suffix = "";

        public async Task BeginAsync()
        {
            _spool = await world.OpenAsync();
            _held.Clear();
            _paused.Clear();
            foreach (var standing in _model.Values.Where(s => s.State == State.Trying))
                standing.State = State.Waiting;
        }

        public void End()
        {
            if (dice.Next(2) == 0)
                world.Kill();
            else
                Assert.True(world.PowerCut());
        }

        public async Task StepAsync()
        {
            switch (dice.Next(20))
            {
                case < 7: await AcceptAsync(); break;
                case < 11: await LeaseAsync(Lanes[dice.Next(3)] + _suffix, dice.Next(1, 5)); break;
                case < 15: await SettleAsync(); break;
                case 15: await DirectAsync(); break;
                case 16: await PauseOrResumeAsync(); break;
                case 17: await MeanwhileAsync(); break;
                case 18: world.Time.Advance(TimeSpan.FromMinutes(dice.Next(1, 20))); break;
                default: await RelaneAsync(); break;
            }
        }

        /// <summary>What the index says is what the model says.</summary>
        public async Task CompareAsync()
        {
            await _spool.Index.CaughtUpAsync(_cancel);
            foreach (var (target, standing) in _model)
            {
                var row = _spool.Index.Show(target.Mail)!.Recipients[target.Recipient];
                // Leased for somebody who went away: on its way back.
                var state = row.State == State.Trying && standing.State == State.Waiting ? State.Waiting : row.State;
                Assert.True((standing.State, standing.FailedTries) == (state, row.FailedTries),
                    $"{target}: {standing.State} and {standing.FailedTries}, the index says {state} and " +
                    $"{row.FailedTries}: {string.Join(", ", _spool.Index.Show(target.Mail)!.Trail)}");
            }

            var rows = _spool.Index.Count(Filter.All).Total;
            Assert.Equal(_model.Count, rows);
        }

        /// <summary>When nothing disturbs any more, all that waits goes out, once.</summary>
        public async Task DrainAsync()
        {
            world.Time.Advance(TimeSpan.FromHours(2));
            foreach (var lane in Lanes)
                while (_model.Values.Any(s => s.State == State.Waiting && s.Lane == lane))
                {
                    await LeaseAsync(lane + _suffix, 4, patiently: true);
                    while (_held.Count > 0)
                        await SettleAsync(Happening.Accepted);
                }

            await CompareAsync();
            foreach (var lane in Lanes)
                await _spool.AssertNothingDueAsync(lane + _suffix);
        }

        private async Task AcceptAsync()
        {
            var lanes = Lanes.Where(_ => dice.Next(2) == 0).Append(Lanes[dice.Next(3)]).ToList();
            var body = "Subject: x\r\n\r\n" + new string('x', dice.Next(1_000));
            var taken = await _spool.HandOverAsync(
                string.Join(' ', lanes.Select((l, n) => $"u{n}@{l}.test")), body, $"s{dice.Next(3)}");
            for (var n = 0; n < lanes.Count; n++)
                _model[new Target(taken.Receipt!.Id, n)] = new Standing(lanes[n]);
        }

        private async Task LeaseAsync(string lane, int most, bool patiently = false)
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(_cancel);
            var leasing = _spool.LeaseAsync(lane, most, stop.Token).AsTask();
            if (patiently)
                await leasing.WaitAsync(TimeSpan.FromSeconds(30), _cancel);
            else
                await _spool.Index.CaughtUpAsync(_cancel);
            await stop.CancelAsync();
            try
            {
                foreach (var lease in await leasing)
                    Take(lease);
            }
            catch (OperationCanceledException)
            {
                Assert.False(patiently);
            }
        }

        // Never what is delivered or held, and never what somebody has already.
        private void Take(Lease lease)
        {
            foreach (var recipient in lease.Recipients)
            {
                var standing = _model[new Target(lease.Id, recipient.Index)];
                Assert.Equal((lease.Id, recipient.Index, State.Waiting), (lease.Id, recipient.Index, standing.State));
                Assert.Equal(standing.FailedTries, recipient.FailedTries);
                standing.State = State.Trying;
            }

            if (dice.Next(2) == 0)
                lease.MarkAtWire();
            _held.Add(lease);
        }

        private async Task SettleAsync(Happening? all = null)
        {
            if (_held.Count == 0)
                return;
            var lease = _held[dice.Next(_held.Count)];
            _held.Remove(lease);
            var verdicts = new List<Verdict>();
            foreach (var recipient in lease.Recipients)
            {
                var standing = _model[new Target(lease.Id, recipient.Index)];
                var what = all ?? (Happening)dice.Next(3, 7); // 3: none is given
                if (what == Happening.LeaseLost)
                    standing.State = State.Waiting;
                else
                    verdicts.Add(Ruled(recipient, standing, what));
            }

            await _spool.SettleAsync(new Settlement(lease, verdicts, null, []));
        }

        private Verdict Ruled(LeasedRecipient recipient, Standing standing, Happening what)
        {
            standing.State = RecipientLife.Next(State.Trying, what);
            if (what == Happening.Accepted)
                return new Verdict(recipient.Index, what) { Reply = "250 ok" };
            var fault = dice.Next(2) == 0 ? Fault.Recipient : Fault.NextHop;
            if (what == Happening.Deferred && fault == Fault.Recipient)
                standing.FailedTries++;
            return new Verdict(recipient.Index, what)
            {
                Failure = new Failure(fault, new EnhancedStatus(4, 0, 0), "450 later", null),
                NextDue = what == Happening.Deferred
                    ? world.Time.GetUtcNow().AddMinutes(dice.Next(-1, 10)) : null,
            };
        }

        private async Task DirectAsync()
        {
            var what = (Happening)dice.Next((int)Happening.Held, (int)Happening.Cancelled + 1);
            var targets = _model.Keys.Where(_ => dice.Next(4) == 0).ToList();
            await _spool.Index.CaughtUpAsync(_cancel);
            await _spool.DirectAsync(new Directive(what, targets, "alice", null), _cancel);
            await _spool.Index.CaughtUpAsync(_cancel);
            foreach (var target in targets)
                if (_model[target] is var standing && standing.State != State.Trying
                    && RecipientLife.After(standing.State, what) is { } after)
                {
                    // What was ready for somebody who went away may just be on its way back: then it was not touched.
                    var row = _spool.Index.Show(target.Mail)!.Recipients[target.Recipient];
                    if (row.State != after && row.State is State.Waiting or State.Trying)
                        continue;
                    if (!RecipientLife.IsOpen(standing.State))
                        standing.FailedTries = 0;
                    standing.State = after;
                }
        }

        private async Task PauseOrResumeAsync()
        {
            var lane = Lanes[dice.Next(3)] + _suffix;
            if (_paused.Remove(lane))
                await _spool.ResumeAsync(lane);
            else if (_paused.Add(lane))
                await _spool.PauseAsync(lane, new Failure(Fault.NextHop, new EnhancedStatus(4, 4, 1), "away", null));
        }

        // Many at once: intake, settlements, leases and refills overtake one another as they please.
        private async Task MeanwhileAsync()
        {
            var lane = Lanes[dice.Next(3)] + _suffix;
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(_cancel);
            var leasing = _spool.LeaseAsync(lane, 3, stop.Token).AsTask();
            for (var i = 0; i < 8; i++)
            {
                await Task.WhenAll(AcceptAsync(), SettleAsync());
                if (leasing.IsCompletedSuccessfully)
                {
                    foreach (var lease in await leasing)
                        Take(lease);
                    leasing = _spool.LeaseAsync(lane, 3, stop.Token).AsTask();
                }
            }

            await stop.CancelAsync();
            await Task.WhenAny(leasing);
            if (leasing.IsCompletedSuccessfully)
                foreach (var lease in await leasing)
                    Take(lease);
        }

        private async Task RelaneAsync()
        {
            if (dice.Next(3) != 0)
                return;
            _suffix += "x";
            var suffix = _suffix;
            world.LaneOf = (_, to, _) => to.Domain.Split('.')[0] + suffix;
            foreach (var lane in _paused)
                await _spool.ResumeAsync(lane);
            _paused.Clear();
            await Task.WhenAll(AcceptAsync(), _spool.RouteByAsync(world.LaneOf, _cancel).AsTask(), SettleAsync());
        }
    }

    private sealed class Standing(string lane)
    {
        public string Lane { get; } = lane;

        public State State { get; set; } = State.Waiting;

        public int FailedTries { get; set; }
    }
}
