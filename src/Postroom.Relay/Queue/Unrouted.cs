using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Routing;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;

namespace Postroom.Relay.Queue;

/// <summary>Mail that was held because no route fitted goes on by itself once one does.</summary>
/// <remarks>What a person held stays held: it is told apart by the word it was held with.</remarks>
public static class Unrouted
{
    private const string Word = "no route matches";
    private const int Page = 1_000;

    private static readonly Filter Held = new(
        [new Term(Field.State, "held") { States = [State.Held] }, new Term(Field.Reply, Word)]);

    /// <summary>What such mail is held with.</summary>
    /// <param name="named">The route that a person named for it; null: nobody did.</param>
    internal static string Says(ForwardPath to, string? named) => Says(to.Address, named);

    /// <summary>Releases what a route fits by now. To be called after a start and after a change of routes.</summary>
    /// <returns>How many recipients go on.</returns>
    /// <exception cref="SpoolFailedException">The store has failed.</exception>
    public static async Task<int> ReleaseAsync(ISpool spool, RouteTable routes, CancellationToken cancel)
    {
        await spool.Index.CaughtUpAsync(cancel);
        var released = 0;
        foreach (var rows in spool.Index.FindAll(Held, Page))
        {
            List<Target> fits = [.. rows.Where(row => Fits(row, routes)).Select(r => new Target(r.Mail, r.Recipient))];
            if (fits.Count > 0)
                released += await spool.DirectAsync(
                    new Directive(Happening.Released, fits, "postroom", "a route fits now"), cancel);
        }

        return released;
    }

    private static bool Fits(RecipientRow row, RouteTable routes)
    {
        var sender = row.From.Length == 0 ? ReversePath.Null : new ReversePath(row.From);
        return row.Last == Says(row.To, row.NamedRoute)
            && routes.LaneOf(sender, new ForwardPath(row.To), row.NamedRoute) != RouteTable.NoLane;
    }

    private static string Says(string to, string? named) => named is null
        ? $"{Word} {to}" : $"{Word} {to}: it is to go by {named}, and there is none of that name";
}
