using Postroom.Configuration;
using Postroom.Mail.Audit;
using Postroom.Mail.Trouble;
using Postroom.Relay.Trouble;

namespace Postroom.Host;

/// <summary>The place in the house of trouble that is made on purpose.</summary>
internal static class Troubles
{
    public static TroubleDesk Open(RelayConfiguration all, Wiring wiring, Action<TrailEvent> note)
    {
        var desk = new TroubleDesk(new TroubleParts(wiring.Time, new Random(), note,
            wiring.Logs.CreateLogger("postroom.trouble")) { Meters = wiring.Meters });
        desk.Use(all.Trouble, all.TroubleAddresses);
        return desk;
    }

    /// <summary>What applications meet. What could leave is nobody's to play with, as far as can be seen at that
    /// stage.</summary>
    public static Func<Occasion, Made?> Of(TroubleDesk desk, ModeKeeper modes) =>
        at => desk.Meddle(at, modes.CouldMail(at.Mail.Origin.Listener, at.Recipients));
}
