using System.Globalization;
using Postroom.Api.Letters;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Relay.Suppression;

namespace Postroom.Api;

/// <summary>What a person can do to the list of addresses that no mail is sent to.</summary>
internal sealed class SuppressionActions(ApiDoors doors, Witness witness)
{
    private const int MostAtOnce = 10_000;
    private const int MostNamed = 20; // in one event of the trail

    public Task ListAsync(Call call) =>
        call.WriteAsync(Of(doors.Suppressions), ApiJson.Default.SuppressionsAnswer);

    public async Task AddAsync(Call call)
    {
        var request = await call.ReadAsync(ApiJson.Default.SuppressionRequest) ?? new SuppressionRequest();
        var added = Add(doors.Suppressions, request, call.Caller.Name, doors.Time);
        witness.Note(EventKind.SuppressionChanged, call.Caller.Name, string.Create(CultureInfo.InvariantCulture,
            $"{string.Join(", ", added.Take(MostNamed).Select(one => one.Address))}"
                + $"{(added.Count > MostNamed ? $" and {added.Count - MostNamed} more" : "")} suppressed: "
                + $"{added[0].Reason}"));
        await call.WriteAsync(new SuppressedAnswer(added.Count), ApiJson.Default.SuppressedAnswer);
    }

    public Task RemoveAsync(Call call)
    {
        var address = call.Names[0];
        if (!Keep(() => doors.Suppressions.Remove(address)))
            throw new ApiProblem(404, $"{address} is not suppressed", "Look with: postroom suppression list");
        witness.Note(EventKind.SuppressionChanged, call.Caller.Name, $"{address} is no longer suppressed");
        return call.WriteAsync(Of(doors.Suppressions), ApiJson.Default.SuppressionsAnswer);
    }

    /// <summary>Puts addresses on the list, all or none.</summary>
    /// <exception cref="ApiProblem">One is none, or there is none.</exception>
    public static IReadOnlyList<SuppressedAddress> Add(
        SuppressionList list, SuppressionRequest request, string who, TimeProvider time)
    {
        var addresses = request.Addresses ?? [];
        if (addresses.Count is 0 or > MostAtOnce)
            throw ApiProblem.Bad($"{addresses.Count} addresses are not to be suppressed at once",
                $"Give 1 to {MostAtOnce} in addresses.");
        if (request.Until is { } until && until <= time.GetUtcNow())
            throw ApiProblem.Bad("until is over", "Give an instant to come, or none.");
        var reason = AppFacts.Text(request.Reason) ?? "no reason was given";
        List<SuppressedAddress> added = [.. addresses.Select(one => new SuppressedAddress(LetterWriter.Address(one),
            time.GetUtcNow(), request.Until, reason, who))];
        return Keep(() =>
        {
            list.Add(added);
            return added;
        });
    }

    /// <summary>All that hold now.</summary>
    public static SuppressionsAnswer Of(SuppressionList list) => new([.. list.All.Select(one =>
        new SuppressionAnswer(one.Address, one.Since, one.Reason)
        {
            Until = one.Until, Who = one.Who, Failures = one.Failures, App = one.App, Item = one.Item,
        })]);

    /// <summary>Why no mail is sent to an address, for the trail and the report.</summary>
    public static string Says(SuppressedAddress one)
    {
        var until = one.Until is { } at
            ? string.Create(CultureInfo.InvariantCulture, $"until {at:yyyy-MM-dd}") : "until a person takes it off";
        return one.Who is { } who
            ? $"{one.Address} is on the suppression list, {until}: put there by {who} ({one.Reason})"
            : string.Create(CultureInfo.InvariantCulture, $"{one.Address} is on the suppression list, {until}: "
                + $"{one.Failures} mails in a row failed, the last with {one.Reason}");
    }

    private static T Keep<T>(Func<T> change)
    {
        try
        {
            return change();
        }
        catch (IOException e)
        {
            throw new ApiProblem(503, "the list could not be kept, and is as it was", e.Message);
        }
    }
}
