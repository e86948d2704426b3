using Postroom.Mail.Audit;

namespace Postroom.Relay.Spool.Embedded;

/// <summary>Sees to it that a jump of the wall clock ages nothing: it looks whenever a mail comes or is
/// leased.</summary>
internal sealed class ClockWatch(SteadyClock clock, LaneBoard board, Action<TrailEvent> note)
{
    public void Look()
    {
        if (clock.Jump() is not { } jump)
            return;
        board.Jumped(jump.From, jump.To);
        note(new TrailEvent(jump.To, EventKind.ClockJumped, null, null)
        {
            NextDue = jump.From,
            Text = $"the clock jumped from {jump.From:u} to {jump.To:u}; the difference counts for nothing",
        });
    }
}
